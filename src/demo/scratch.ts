import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Clock, Effect } from "effect"
import { Exec } from "../exec/Exec.ts"
import { ThisProcess } from "../surroundings.ts"
import { AGENT } from "./agent.ts"
import { CHECK } from "./check.ts"
import { because, DemoFailed } from "./failures.ts"
import { issuesFile } from "./issues.ts"
import { PROJECT, PROJECT_FILES } from "./project.ts"

/** A new scratch folder; with `clean` it is removed when the scope closes. */
export const makeScratch = (clean: boolean) =>
  Effect.gen(function* () {
    const [fs, path, { tempDir }] = yield* Effect.all([FileSystem.FileSystem, Path.Path, ThisProcess])
    const remove = (root: string) =>
      fs
        .remove(root, { recursive: true, force: true })
        .pipe(Effect.catchAll((error) => Effect.logWarning(`cannot remove ${root}: ${error.message}`)))
    const made = yield* Effect.acquireRelease(
      fs.makeTempDirectory({ directory: tempDir, prefix: "nd-demo-" }),
      (root) => (clean ? remove(root) : Effect.void)
    )
    const root = yield* fs.realPath(made)
    const repo = path.join(root, PROJECT)
    return {
      root,
      repo,
      beads: path.join(repo, ".beads"),
      state: path.join(root, "state"),
      worktrees: path.join(root, "worktrees"),
      /** The directory of the prompt files. */
      temp: path.join(root, "tmp"),
      agent: path.join(root, "agent.mjs"),
      check: path.join(root, "check.mjs"),
      /** The path of a provider's tool that does not exist. */
      missing: path.join(root, "opencode")
    }
  }).pipe(Effect.mapError(because("cannot make a scratch folder")))

/** The absolute paths of everything that the demo touches, all in one new folder. */
export type Scratch = Effect.Effect.Success<ReturnType<typeof makeScratch>>

// The repository's own config: its worktrees use it too, and it overrides the user's git settings.
const GIT_CONFIG = `[user]
	name = Scripted Agent
	email = agent@demo.invalid
[commit]
	gpgsign = false
[core]
	autocrlf = false
`

/** The output of git. Fails if its exit code is not 0. */
export const git = Effect.fn("demo.git")(function* (cwd: string, ...args: ReadonlyArray<string>) {
  const exec = yield* Exec
  const what = `git ${args[0] ?? ""}`
  const result = yield* exec
    .run({ tool: "git", command: "git", args, cwd, timeout: "10 seconds" })
    .pipe(Effect.mapError(because(what)))
  if (result.exitCode === 0) return result.stdout.trim()
  return yield* new DemoFailed({ detail: `${what} in ${cwd}: ${result.stderr.trim()}` })
})

/** Writes the project with its tracker and its agent, and commits the project. */
export const fillScratch = Effect.fn("demo.fillScratch")(function* (scratch: Scratch) {
  const [fs, path] = yield* Effect.all([FileSystem.FileSystem, Path.Path])
  const write = (file: string, text: string, flag: FileSystem.OpenFlag = "wx") =>
    Effect.zipRight(
      fs.makeDirectory(path.dirname(file), { recursive: true }),
      fs.writeFileString(file, text, { flag })
    ).pipe(Effect.mapError(because(`cannot write ${file}`)))
  const files = { ...PROJECT_FILES, ".beads/issues.jsonl": issuesFile(yield* Clock.currentTimeMillis) }
  yield* Effect.forEach(Object.entries(files), ([file, text]) => write(path.join(scratch.repo, file), text))
  yield* write(scratch.agent, AGENT)
  yield* write(scratch.check, CHECK)
  yield* fs.makeDirectory(scratch.temp).pipe(Effect.mapError(because(`cannot make ${scratch.temp}`)))
  yield* git(scratch.repo, "init", "--quiet", "--template=")
  yield* write(path.join(scratch.repo, ".git", "config"), GIT_CONFIG, "a")
  yield* git(scratch.repo, "symbolic-ref", "HEAD", "refs/heads/main")
  yield* git(scratch.repo, "add", "--all")
  yield* git(scratch.repo, "commit", "--quiet", "-m", "The till of a corner shop")
})
