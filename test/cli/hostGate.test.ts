import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { machine } from "./world.ts"

const BUGS = [
  { id: "bd-1", title: "the cart loses items" },
  { id: "bd-2", title: "login fails" }
]
/** No host has so much memory. */
const FULL = { NIGHTLY_DISPATCH_HOST_GATE_MIN_FREE_MEMORY: "900 TiB" }
/** The load of a host on which a test runs is above 0. */
const LOADED = { NIGHTLY_DISPATCH_HOST_GATE_MAX_LOAD_PER_CORE: "0.000001" }

const FIGURES = /[\d.]+ [GM]iB of memory are available, hostGate\.minFreeMemory wants 921600 GiB; no job of ours runs/

describe("a run on a busy host, from the command line", () => {
  it.scopedLive("leaves every bug alone with the figures and exits 0; the next run dispatches", () =>
    Effect.gen(function* () {
      const world = yield* machine(BUGS)
      const held = yield* world.program(["run"], { env: FULL })
      assert.strictEqual(held.code, 0, held.stderr)
      for (const { id } of BUGS)
        assert.match(held.stderr, new RegExp(`DISPATCH_SKIPPED beads=${id} reason=host_busy detail="`))
      assert.match(held.stderr, FIGURES)
      assert.include(held.stdout, "2 open issues, none taken: 2 held back by a busy host")
      assert.notInclude(yield* world.file("dx/events.log"), "preflight")
      assert.deepStrictEqual(
        Object.values(yield* world.issues).map(({ status }) => status),
        ["open", "open"]
      )
      const status = yield* world.nd(["status"], { env: FULL })
      assert.include(status.stdout, "2 host busy")
      assert.notInclude(status.stdout, "NEEDS YOU", status.stdout)
      const explained = yield* world.nd(["explain", "bd-1"], { env: FULL })
      assert.match(
        explained.stdout.replace(/\s+/g, " "),
        /NOW: left alone, 1st of 2: P1, then age: [\d.]+ [GM]iB of memory are available/
      )
      assert.include(explained.stdout, "skipped, host busy: ")

      const free = yield* world.program(["run"])
      assert.match(free.stderr, /DISPATCH_SUCCESS beads=bd-1 /)
    })
  )

  it.scopedLive("shows the load in a dry run, and doctor warns of it", () =>
    Effect.gen(function* () {
      const world = yield* machine(BUGS)
      const dry = yield* world.nd(["run", "--dry-run"], { env: LOADED })
      assert.strictEqual(dry.code, 0, dry.stderr)
      assert.match(
        dry.stderr,
        /reason=host_busy detail="load [\d.]+ on .*core.* \([\d.]+ per core\), hostGate\.maxLoadPerCore allows 0\.000001; no job/
      )
      const wrong = yield* world.nd(["run"], { env: { NIGHTLY_DISPATCH_HOST_GATE_MAX_LOAD_PER_CORE: "-1" } })
      assert.strictEqual(wrong.code, 5)
    })
  )
})
