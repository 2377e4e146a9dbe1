import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { namespacesOf } from "../../../src/storage/clients/namespaces.ts";

test("a deployment with a jurisdiction has its Durable Objects there only", () => {
  const inEurope = { getByName: () => undefined };
  const asked: string[] = [];
  const namespace = {
    jurisdiction(name: string) {
      asked.push(name);
      return inEurope;
    },
  };
  const bindings = { DIRECTORY: namespace, BUCKET_INDEX: namespace };
  const bound = { ...env, ...bindings, JURISDICTION: "eu" } as unknown as Cloudflare.Env;
  expect(namespacesOf(bound)).toEqual({ directory: inEurope, index: inEurope });
  expect(asked).toEqual(["eu", "eu"]);
});

test("nothing reaches a Durable Object but by the jurisdiction", () => {
  const sources = import.meta.glob<string>("../../../src/**/*.ts", {
    query: "?raw",
    import: "default",
    eager: true,
  });
  const past = Object.entries(sources).filter(([, text]) =>
    /\benv\.(?:DIRECTORY|BUCKET_INDEX)\b/.test(text),
  );
  expect(Object.keys(sources).length).toBeGreaterThan(100);
  expect(past.map(([file]) => file)).toEqual([]);
});
