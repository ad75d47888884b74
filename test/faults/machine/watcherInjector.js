// In NODE_OPTIONS of a machine whose dispatchers start watchers: gives each watcher `faultInjector.js`, and no other process.
if (process.argv.includes("watch")) await import("./faultInjector.js")
