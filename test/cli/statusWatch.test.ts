import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule, type Scope } from "effect"
import { spawn, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { query, removeDatabase } from "../journal/sqlite/journalWorld.ts"
import { machine, PROGRAM, type Machine } from "./world.ts"

const TIMEOUT = 60_000
/** Makes a terminal for a command; part of util-linux. */
const hasScript = spawnSync("script", ["--version"]).status === 0

const CLOSE = "\u001b[?25h\u001b[?1049l"

interface Watching {
  /** Everything that was printed on the terminal. */
  readonly screen: () => string
  /** Waits until the last frame matches. */
  readonly shows: (words: RegExp) => Effect.Effect<void>
  readonly type: (keys: string) => void
  readonly signal: (name: NodeJS.Signals) => void
  /** Waits for the end: what the terminal's mode is then, and the exit code of `status`. */
  readonly ended: Effect.Effect<{ readonly mode: string; readonly code: number }>
}

/** What the terminal runs: afterwards it prints its mode and the exit code. */
const SCRIPT = `stty cols 100 rows 40
sh -c 'echo $$ > "$PID_FILE"; exec "$NODE" "$PROGRAM" status --watch' 2>/dev/null
code=$?
echo
echo "mode=$(stty -a | tr "\\n" " ") code=$code."
`

/** `status --watch` on a terminal of its own. */
const watching = (host: Machine): Effect.Effect<Watching, never, Scope.Scope> =>
  Effect.gen(function* () {
    const [script, pid] = [path.join(host.root, "watch.sh"), path.join(host.root, "pid")]
    fs.writeFileSync(script, SCRIPT)
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn("script", ["-qc", `sh '${script}'`, "/dev/null"], {
          cwd: path.join(host.root, "repo"),
          env: { ...host.env, TERM: "xterm", PID_FILE: pid, NODE: process.execPath, PROGRAM },
          stdio: ["pipe", "pipe", "inherit"]
        })
      ),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    )
    let text = ""
    child.stdout.on("data", (chunk) => (text += String(chunk)))
    const until = (isSo: () => boolean) =>
      Effect.sync(isSo).pipe(
        Effect.repeat({ until: (so) => so, schedule: Schedule.spaced("50 millis") }),
        Effect.timeoutFail({ duration: "20 seconds", onTimeout: () => new Error(`it shows: ${text.slice(-3000)}`) }),
        Effect.orDie,
        Effect.asVoid
      )
    const last = () => text.slice(text.lastIndexOf("\u001b[H"))
    return {
      screen: () => text,
      shows: (words) => until(() => words.test(last())),
      type: (keys) => void child.stdin.write(keys),
      signal: (name) => void process.kill(Number(fs.readFileSync(pid, "utf8")), name),
      ended: Effect.map(
        until(() => /code=\d+\./.test(text)),
        () => ({ mode: text.slice(text.lastIndexOf("mode=")), code: Number(/code=(\d+)\./.exec(text)?.[1]) })
      )
    }
  })

const RAN = /last run .* ago[\s\S]*RUNNING \(1\)/

const journalOf = (host: Machine) => path.join(host.root, "state/journal.db")

/** Another database in place of the journal, with none of the files that SQLite keeps beside it. */
const replaceJournal = (host: Machine, make: (file: string) => void) => {
  removeDatabase(path.dirname(journalOf(host)))
  make(journalOf(host))
}

describe.skipIf(!hasScript)("nightly-dispatch status --watch", () => {
  it.scopedLive(
    "notices a journal that is made, damaged and replaced meanwhile; ctrl-c gives the terminal back",
    () =>
      Effect.gen(function* () {
        const host = yield* machine([{ id: "bd-1", title: "the parser loses a row" }])
        const watch = yield* watching(host)
        yield* watch.shows(/No run yet/)
        yield* host.nd(["run"])
        yield* watch.shows(RAN)
        const good = path.join(host.root, "state/good.db")
        yield* query(path.dirname(good), `VACUUM INTO '${good}'`)
        replaceJournal(host, (file) => fs.writeFileSync(file, "no database\n".repeat(1_000), { mode: 0o600 }))
        yield* watch.shows(/the journal cannot be read/)
        replaceJournal(host, (file) => fs.renameSync(good, file))
        yield* watch.shows(RAN)
        watch.type("\u0003")
        const { code, mode } = yield* watch.ended
        const now = yield* host.nd(["status"])
        assert.strictEqual(code, now.code, now.stdout)
        assert.include(watch.screen(), CLOSE)
        assert.match(mode, / icanon .* echo /, "the terminal reads lines again, and shows what is typed")
      }),
    TIMEOUT
  )

  it.scopedLive(
    "ends on SIGTERM with 143, and gives the terminal back",
    () =>
      Effect.gen(function* () {
        const host = yield* machine([])
        const watch = yield* watching(host)
        yield* watch.shows(/No run yet/)
        watch.signal("SIGTERM")
        const { code, mode } = yield* watch.ended
        assert.strictEqual(code, 143)
        assert.include(watch.screen(), CLOSE)
        assert.match(mode, / icanon .* echo /)
      }),
    TIMEOUT
  )
})
