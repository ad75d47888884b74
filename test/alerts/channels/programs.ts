import { Effect } from "effect"
import * as fs from "node:fs/promises"
import * as os from "node:os"
import * as path from "node:path"

/** A directory for the scope. */
export const scratch = Effect.acquireRelease(
  Effect.promise(() => fs.mkdtemp(path.join(os.tmpdir(), "alerts test "))),
  (directory) => Effect.promise(() => fs.rm(directory, { recursive: true, force: true }))
)

/**
 * A program that keeps its arguments, one a line, its stdin and its variables, and then runs `script`. For the scope.
 */
export const programThat = (script: string, name = "program") =>
  Effect.gen(function* () {
    const directory = yield* scratch
    const file = path.join(directory, name)
    const kept = `for each; do printf '%s\\n' "$each"; done >"$0.args"; cat >"$0.stdin"; env >"$0.env"`
    yield* Effect.promise(() => fs.writeFile(file, `#!/bin/sh\n${kept}\n${script}\n`, { mode: 0o755 }))
    const read = (what: "args" | "stdin" | "env") =>
      Effect.promise(() => fs.readFile(`${file}.${what}`, "utf8").catch(() => ""))
    return { directory, file, read }
  })

/** What each end of a program means. `PATH` has no such program as `no-such-program`. */
export const ends: Readonly<Record<string, readonly [script: string, reason: string, words: RegExp]>> = {
  "exit 75": ["exit 75", "busy", /exits with 75$/],
  "exit 67": ["echo 'user unknown' >&2; exit 67", "refused", /exits with 67: user unknown$/],
  "exit 78": ["exit 78", "refused", /exits with 78$/],
  "exit 1, with words": [
    "echo first >&2; printf 'curl: (6) \\033[31mno host\\033[0m\\n\\n' >&2; echo out; exit 6",
    "busy",
    /exits with 6: curl: \(6\) no host$/
  ],
  "a missing program in it": ["no-such-program", "busy", /exits with 127: .*no-such-program.*not found$/],
  "a signal": ["kill -9 $$", "unknown", /was ended by SIGKILL$/],
  "a flood": ["yes", "unknown", /more than 8 MiB of output, and was ended$/]
}
