import { execute, load, save } from "./codeCache.ts"

// The last step of the build. It executes a command line and saves the code that V8 compiled for it.
const directory = import.meta.dirname
const script = load(directory)
process.on("exit", () => save(directory, script))
execute(directory, script)
