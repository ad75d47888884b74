import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect, Option } from "effect"
import { Exec } from "../exec/Exec.ts"
import { makeGit } from "../workspace/git/command.ts"
import { isRecord, keyOf, type Entry } from "./entries.ts"
import { SETTINGS, type SettingsKey } from "./keys.ts"
import { dotted, type Problem } from "./problems.ts"

/** Kinds of settings that name a program to run, the variables that agents get, or an address that we send to. */
const POWERFUL_KINDS: ReadonlySet<string> = new Set(["program", "variables", "secret"])
/**
 * The filters are commands of the repository's git settings. A template may be any file of ours, and agents' models get it. A push
 * sends the agents' work away.
 */
const POWERFUL_KEYS: ReadonlySet<SettingsKey> = new Set([
  "workspace.allowFilters",
  "workspace.push",
  "verify.command",
  "prompt.template",
  "alerts.command",
  "alerts.mail"
])

const hasCommand = (provider: unknown): boolean => isRecord(provider) && provider["command"] !== undefined

/** The settings by which the author of a file can run code as the dispatcher, or send data away. */
const powerfulIn = (entries: ReadonlyArray<Entry>): ReadonlyArray<string> =>
  entries.flatMap((entry) => {
    const key = keyOf(entry)
    if (key === undefined) return []
    if (key === "providers") {
      const at = Array.isArray(entry.value) ? entry.value.findIndex(hasCommand) : -1
      return at < 0 ? [] : [dotted(["providers", at, "command"])]
    }
    return POWERFUL_KEYS.has(key) || POWERFUL_KINDS.has(SETTINGS[key].kind) ? [key] : []
  })

/** Whether a directory is in a git repository. Starts nothing. */
const isInRepository = Effect.fnUntraced(function* (directory: string) {
  const [fs, path] = yield* Effect.all([FileSystem.FileSystem, Path.Path])
  for (let at = directory; ; at = path.dirname(at)) {
    // What cannot be looked at may be a repository.
    if (yield* Effect.orElseSucceed(fs.exists(path.join(at, ".git")), () => true)) return true
    if (at === path.dirname(at)) return false
  }
})

/** Whether git tracks the file; `undefined` if git cannot be asked. Runs nothing that the repository configures. */
export const isTracked = Effect.fnUntraced(function* (file: string) {
  const [exec, path] = yield* Effect.all([Exec, Path.Path])
  const directory = path.dirname(file)
  if (!(yield* isInRepository(directory))) return false
  const args = ["ls-files", "--error-unmatch", "--", path.basename(file)]
  const asked = yield* Effect.option(makeGit(exec, { timeout: "10 seconds", allowFilters: [] }).run(directory, args))
  const exitCode = Option.match(asked, { onNone: () => undefined, onSome: (result) => result.exitCode })
  return exitCode === 0 ? true : exitCode === 1 ? false : undefined
})

/**
 * The problem of a settings file that was found in the working directory: git tracks it, or may track it, and it sets what
 * runs code or sends data away. Everyone who can commit to the repository could then do so here. A link counts as what it is,
 * and as what it leads to.
 */
export const problemOfTrackedFile = Effect.fn("problemOfTrackedFile")(function* (
  file: string,
  entries: ReadonlyArray<Entry>
) {
  const powerful = powerfulIn(entries)
  if (powerful.length === 0) return []
  const fs = yield* FileSystem.FileSystem
  const real = yield* Effect.orElseSucceed(fs.realPath(file), () => file)
  const answers = yield* Effect.forEach([...new Set([file, real])], isTracked)
  if (answers.every((tracked) => tracked === false)) return []
  const how = answers.includes(true) ? "git tracks it" : "git does not say whether it tracks it"
  const problem: Problem = {
    path: "",
    message:
      `${how}, and it sets ${powerful.join(", ")}: whoever commits to the repository would run commands here or get data. ` +
      `It counts only if you name it: --config ${file}, or NIGHTLY_DISPATCH_CONFIG=${file}`,
    source: `file ${file}`
  }
  return [problem]
})
