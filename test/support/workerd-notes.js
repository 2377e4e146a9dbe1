// What workerd runs on a folder that the local platform wrote, and the other way round: the same notes.
import { DurableObject } from "cloudflare:workers";

export class Notes extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS note (text TEXT PRIMARY KEY)");
  }

  add(text) {
    this.ctx.storage.sql.exec("INSERT INTO note VALUES (?)", text);
  }

  all() {
    const rows = this.ctx.storage.sql.exec("SELECT text FROM note ORDER BY rowid").raw();
    return Array.from(rows, ([text]) => text);
  }

  wakeAt(ms) {
    return this.ctx.storage.setAlarm(ms);
  }

  wakesAt() {
    return this.ctx.storage.getAlarm();
  }

  alarm() {
    this.add(`rung: ${this.ctx.id.name}`);
  }
}

export default {
  /** `POST /<object>/<method>` with the arguments in JSON. */
  async fetch(request, env) {
    const [, name, method] = new URL(request.url).pathname.split("/");
    const answer = await env.NOTES.getByName(name)[method](...(await request.json()));
    return Response.json(answer ?? null);
  },
};
