import * as fs from "node:fs"
import * as path from "node:path"
import { execute, load, save } from "./codeCache.ts"

// The last step of the build: executes a command line beside the program, on an empty tracker and a journal without a run, and
// saves the code that V8 compiled for it. Code that was compiled for an earlier command line is kept.
const directory = import.meta.dirname
const place = path.join(directory, "compile")
const tracker = path.join(place, ".beads")
fs.mkdirSync(tracker, { recursive: true })
fs.writeFileSync(path.join(tracker, "issues.jsonl"), "")
process.env = {
  PATH: process.env["PATH"],
  HOME: place,
  TMPDIR: place,
  NIGHTLY_DISPATCH_REPO_PATH: place,
  NIGHTLY_DISPATCH_STATE_DIR: path.join(place, "state"),
  NIGHTLY_DISPATCH_BEADS_BACKEND: "jsonl",
  NIGHTLY_DISPATCH_RUNNER_BACKEND: "local",
  NIGHTLY_DISPATCH_WORKSPACE_BACKEND: "none",
  NIGHTLY_DISPATCH_WATCH: "never"
}
process.chdir(place)

const loaded = load(directory)
process.on("exit", () => save(directory, loaded))
execute(directory, loaded.script)
