import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { build } from "esbuild"
import { spawn } from "node:child_process"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { TEMPORARY } from "../temporary.ts"

const bundle = Effect.acquireRelease(
  Effect.promise(async () => {
    const directory = await fs.mkdtemp(path.join(TEMPORARY, "nd-watchdog-"))
    const outfile = path.join(directory, "program.cjs")
    const entry = path.join(import.meta.dirname, "watchdogProcess.ts")
    await build({ entryPoints: [entry], bundle: true, platform: "node", format: "cjs", outfile })
    return { directory, outfile }
  }),
  ({ directory }) => Effect.promise(() => fs.rm(directory, { recursive: true }))
)

/** Runs the program; `stopped`: how long it is stopped by a signal right after its start, in milliseconds. */
const watched = (program: string, args: ReadonlyArray<string>, stopped = 0) =>
  Effect.promise(
    () =>
      new Promise<{ readonly end: number | string | null; readonly out: string; readonly err: string }>((resolve) => {
        const child = spawn(process.execPath, [program, ...args])
        let [out, err] = ["", ""]
        child.stderr.on("data", (text) => (err += String(text)))
        child.stdout.on("data", (text) => {
          if (out === "" && stopped > 0) {
            child.kill("SIGSTOP")
            setTimeout(() => child.kill("SIGCONT"), stopped)
          }
          out += String(text)
        })
        child.on("close", (code, signal) => resolve({ end: code ?? signal, out, err }))
      })
  )

describe("the watchdog", () => {
  it.scopedLive(
    "ends a process that is blocked or beyond its limit, and no other",
    () =>
      Effect.gen(function* () {
        const { outfile } = yield* bundle
        const [blocked, late, good, slept] = yield* Effect.all(
          [
            watched(outfile, ["blocks"]),
            watched(outfile, ["sleeps", "20000", "600"]),
            watched(outfile, ["sleeps", "2500"]),
            watched(outfile, ["sleeps", "300"], 3_000)
          ],
          { concurrency: 4 }
        )
        assert.deepInclude(blocked, { end: "SIGKILL", out: "watched\n" })
        assert.strictEqual(
          blocked.err,
          "nightly-dispatch: the run has been blocked for 1 s. It is ended with SIGKILL; the next run settles what it has left\n"
        )
        assert.deepInclude(late, { end: "SIGKILL", out: "watched\n" })
        assert.include(late.err, "the run is far beyond its time")
        assert.deepStrictEqual(good, { end: 0, out: "watched\ndone\n", err: "" })
        assert.deepStrictEqual(slept, { end: 0, out: "watched\ndone\n", err: "" }, "stopped by a signal meanwhile")
      }),
    60_000
  )
})
