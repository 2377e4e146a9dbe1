import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { build, type Plugin } from "esbuild";
import { WORKER_BUNDLE } from "../../scripts/worker-bundle.ts";
import { type WorkerManifest, workerManifest } from "../../scripts/worker-manifest.ts";

/** The Worker as one module, with the settings that it was written for. */
export interface WorkerBuild extends WorkerManifest {
  readonly script: string;
}

/** Changes the source of a file whose path ends like this, or else the build fails. */
export interface Edit {
  readonly file: RegExp;
  readonly change: (source: string) => string;
}

const project = path.resolve(import.meta.dirname, "../..");

/** Builds what is in the folder of a checkout, perhaps with a change. */
export async function buildWorkerOf(checkout = project, edit?: Edit): Promise<WorkerBuild> {
  const { outputFiles } = await build({
    ...WORKER_BUNDLE,
    entryPoints: [path.join(checkout, "src/index.ts")],
    nodePaths: [path.join(project, "node_modules")],
    plugins: edit === undefined ? [] : [editing(edit)],
    write: false,
  });
  const [{ text: script } = { text: "" }] = outputFiles;
  const toml = readFileSync(path.join(checkout, "wrangler.toml"), "utf8");
  return { ...workerManifest(toml), script };
}

function editing({ file, change }: Edit): Plugin {
  return {
    name: "edit",
    setup: (builder) =>
      builder.onLoad({ filter: file }, ({ path: name }) => {
        const source = readFileSync(name, "utf8");
        const contents = change(source);
        if (contents === source) throw new Error(`there was nothing to change in ${name}`);
        return { contents, loader: "ts" };
      }),
  };
}

/** Builds a commit of this repository. */
export async function buildCommit(commit: string): Promise<WorkerBuild> {
  const folder = mkdtempSync(path.join(tmpdir(), "ledge-commit-"));
  try {
    const archive = git("archive", commit, "src", "wrangler.toml");
    execFileSync("tar", ["x", "-C", folder], { input: archive });
    return await buildWorkerOf(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * A package of the sources has no history, though it may lie in another repository, and a shallow clone not all of it.
 *
 * @throws Error when there is all of the history, and the commit is not in it
 */
export function hasCommit(commit: string): boolean {
  if (answerOf("rev-parse", "--show-prefix") !== "") return false;
  if (answerOf("cat-file", "-e", `${commit}^{commit}`) !== undefined) return true;
  if (answerOf("rev-parse", "--is-shallow-repository") === "true") return false;
  throw new Error(`no commit ${commit}`);
}

/** Undefined: git says no, or there is none. */
function answerOf(...command: readonly string[]): string | undefined {
  try {
    return String(git(...command)).trim();
  } catch {
    return undefined;
  }
}

function git(...command: readonly string[]): Buffer {
  const maxBuffer = 64 * 1024 * 1024;
  return execFileSync("git", command, { cwd: project, maxBuffer, stdio: "pipe" });
}
