# A Worker that answers "hello", on plain workerd with the flags of `ledge serve`.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  v8Flags = ["--max-semi-space-size=8"],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "hello")],
  services = [(name = "hello", worker = .hello)],
);

const hello :Workerd.Worker = (
  modules = [(name = "hello-worker.js", esModule = embed "hello-worker.js")],
  compatibilityDate = "2026-11-01",
);
