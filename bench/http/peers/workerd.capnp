# The handler of the bench on workerd.
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "deno.mjs", esModule = embed "deno.mjs")],
    compatibilityDate = "2024-09-01",
  ))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
