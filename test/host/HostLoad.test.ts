import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, FastCheck, Layer, type Scope } from "effect"
import * as fs from "node:fs/promises"
import * as os from "node:os"
import * as path from "node:path"
import * as NodeExec from "../../src/exec/NodeExec.ts"
import { availableMemory, memoryInVmStat, memoryOnLinux } from "../../src/host/availableMemory.ts"
import { HostGate } from "../../src/host/HostGate.ts"
import * as HostLoad from "../../src/host/HostLoad.ts"
import { settings, withLog } from "../dispatch/support.ts"

const MIB = 1024 * 1024
const GATE = { maxLoadPerCore: 4, minFreeMemory: 512 }
const IDLE = { load: { average: 0.3, cores: 4 }, memory: 2000 * MIB }

describe("whether a host is busy", () => {
  it("is told with the figures, the setting and our own jobs", () => {
    const busy = (load: Partial<HostLoad.HostLoad>, jobs: number) => HostLoad.busyWith({ ...IDLE, ...load }, GATE, jobs)
    assert.strictEqual(
      busy({ load: { average: 9.1, cores: 2 } }, 2),
      "load 9.1 on 2 cores (4.6 per core), hostGate.maxLoadPerCore allows 4; 2 jobs of ours run"
    )
    assert.strictEqual(
      busy({ load: { average: 4.001, cores: 1 } }, 1),
      "load 4.1 on one core (4.1 per core), hostGate.maxLoadPerCore allows 4; one job of ours runs"
    )
    assert.strictEqual(
      busy({ memory: 512 * MIB - 1 }, 0),
      "511 MiB of memory are available, hostGate.minFreeMemory wants 512 MiB; no job of ours runs"
    )
    assert.match(busy({ load: { average: 9, cores: 1 }, memory: 0 }, 0) ?? "", /^load 9.*; 0 KiB of memory.*; no job/)
    assert.isUndefined(busy({ load: { average: 8, cores: 2 }, memory: 512 * MIB }, 9))
  })

  it("never follows from what is unknown, from a limit of 0, or from an idle laptop with the defaults", () => {
    const full = { load: { average: 1e6, cores: 1 }, memory: 0 }
    assert.isUndefined(HostLoad.busyWith({ load: undefined, memory: undefined }, GATE, 9))
    assert.isUndefined(HostLoad.busyWith(full, { maxLoadPerCore: 0, minFreeMemory: 0 }, 9))
    const small = { load: { average: 1, cores: 1 }, memory: 300 * MIB }
    assert.isUndefined(HostLoad.busyWith(small, settings().hostGate, 0))
  })

  it("more load or less memory is never less busy, and our own jobs make no difference", () => {
    const number = FastCheck.float({ min: 0, max: 1000, noNaN: true })
    const bytes = FastCheck.integer({ min: 0, max: 4000 * MIB })
    const jobs = FastCheck.nat(9)
    const cores = FastCheck.integer({ min: 1, max: 128 })
    FastCheck.assert(
      FastCheck.property(
        number,
        number,
        cores,
        bytes,
        bytes,
        number,
        jobs,
        (average, more, cores, memory, less, maxLoadPerCore, jobs) => {
          const gate = { maxLoadPerCore, minFreeMemory: 512 }
          const isBusy = (average: number, memory: number, jobs: number) =>
            HostLoad.busyWith({ load: { average, cores }, memory }, gate, jobs) !== undefined
          const before = isBusy(average, memory, 0)
          assert.strictEqual(isBusy(average, memory, jobs), before)
          if (before) assert.isTrue(isBusy(average + more, Math.max(0, memory - less), 0))
        }
      )
    )
  })
})

/** A directory with these files. */
const files = (texts: Readonly<Record<string, string>>): Effect.Effect<string, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const root = await fs.mkdtemp(path.join(os.tmpdir(), "host load "))
      for (const [name, text] of Object.entries(texts)) {
        await fs.mkdir(path.dirname(path.join(root, name)), { recursive: true })
        await fs.writeFile(path.join(root, name), text)
      }
      return root
    }),
    (root) => Effect.promise(() => fs.rm(root, { recursive: true, force: true }))
  )

const MEMINFO =
  "MemTotal:        8000000 kB\nMemFree:           10000 kB\nMemAvailable:    4096000 kB\nSwapFree:              0 kB\n"
const STAT = `anon ${900 * MIB}\nfile ${90 * MIB}\nshmem ${5 * MIB}\ninactive_file ${60 * MIB}\nactive_file ${20 * MIB}\n`

describe("the available memory", () => {
  const memory = (texts: Readonly<Record<string, string>>) =>
    Effect.flatMap(files(texts), (root) =>
      Effect.either(memoryOnLinux(path.join(root, "proc"), path.join(root, "cgroup")))
    )

  it.scopedLive("on Linux is MemAvailable, however little is free and whatever is swapped out", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* memory({ "proc/meminfo": MEMINFO }), Either.right(4_096_000 * 1024))
      const left = yield* memory({ "proc/meminfo": "MemFree: 1 kB\n" })
      assert.match(Either.isLeft(left) ? left.left : "", /\/proc\/meminfo has no MemAvailable$/)
    })
  )

  for (const [what, texts] of [
    [
      "version 2",
      {
        "proc/self/cgroup": "0::/user.slice/run.service\n",
        "cgroup/user.slice/memory.max": `${1000 * MIB}\n`,
        "cgroup/user.slice/memory.current": `${990 * MIB}\n`,
        "cgroup/user.slice/memory.stat": STAT,
        "cgroup/user.slice/run.service/memory.max": "max\n",
        "cgroup/user.slice/run.service/memory.current": "1\n"
      }
    ],
    [
      "version 2, whose path is the host's",
      {
        "proc/self/cgroup": "0::/docker/0123\n",
        "cgroup/memory.max": `${1000 * MIB}\n`,
        "cgroup/memory.current": `${990 * MIB}\n`,
        "cgroup/memory.stat": STAT
      }
    ],
    [
      "version 1",
      {
        "proc/self/cgroup": "5:cpu,cpuacct:/\n4:memory:/docker/0123\n0::/\n",
        "cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        "cgroup/memory/memory.usage_in_bytes": "1\n",
        "cgroup/memory/docker/0123/memory.limit_in_bytes": `${1000 * MIB}\n`,
        "cgroup/memory/docker/0123/memory.usage_in_bytes": `${990 * MIB}\n`,
        "cgroup/memory/docker/0123/memory.stat": STAT.replaceAll(/^/gm, "total_")
      }
    ]
  ] as const) {
    it.scopedLive(`is what is left of the limit of a control group if that is less: ${what}`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* memory({ "proc/meminfo": MEMINFO, ...texts }), Either.right(90 * MIB))
      })
    )
  }

  it("on macOS is what vm_stat calls free, inactive, speculative or purgeable", () => {
    const text = [
      "Mach Virtual Memory Statistics: (page size of 16384 bytes)",
      "Pages free:                               1000.",
      "Pages active:                           900000.",
      "Pages inactive:                            200.",
      "Pages speculative:                          30.",
      "Pages wired down:                       100000.",
      "Pages purgeable:                             4.",
      "Pages stored in compressor:            2000000.",
      "Swapouts:                              5000000."
    ].join("\n")
    assert.strictEqual(memoryInVmStat(text), 1234 * 16_384)
    assert.isUndefined(memoryInVmStat("vm_stat: failed"))
    assert.isUndefined(memoryInVmStat("(page size of 4096 bytes)\nPages inactive: 9."))
  })

  it.live("of this host lies between nothing and all", () =>
    Effect.gen(function* () {
      const bytes = yield* availableMemory
      assert.isAbove(bytes, 0)
      assert.isAtMost(bytes, os.totalmem())
    }).pipe(Effect.provide(NodeExec.layer))
  )
})

describe("the gate of a host", () => {
  const asked = (gate: { readonly maxLoadPerCore: number; readonly minFreeMemory: number }, times = 1) =>
    Effect.flatMap(HostGate, ({ busy }) => Effect.replicateEffect(busy(0), times)).pipe(
      Effect.provide(Layer.provide(HostLoad.layer(gate), NodeExec.layer))
    )

  it.live("measures this host", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* asked({ maxLoadPerCore: 1e6, minFreeMemory: 1 }), [undefined])
      const [why] = yield* asked({ maxLoadPerCore: 0, minFreeMemory: 900 * MIB })
      assert.match(
        why ?? "",
        /^[\d.]+ [GM]iB of memory are available, hostGate\.minFreeMemory wants .*; no job of ours/
      )
    })
  )

  it.effect("says what it cannot measure once, and holds nothing back for it", () =>
    Effect.gen(function* () {
      const unknown = ["cannot measure the available memory, so hostGate.minFreeMemory is not checked: no /proc"]
      const measured = Effect.succeed({ load: undefined, memory: undefined, unknown })
      const gate = Layer.provide(HostLoad.layer(GATE, measured), NodeExec.layer)
      const { lines, result } = yield* withLog(
        Effect.provide(
          Effect.flatMap(HostGate, ({ busy }) => Effect.replicateEffect(busy(0), 3)),
          gate
        )
      )
      assert.deepStrictEqual(result, [undefined, undefined, undefined])
      assert.deepStrictEqual(lines, [`WARN ${unknown[0]}`])
    })
  )

  it.effect("is never busy by default", () =>
    Effect.gen(function* () {
      assert.isUndefined(yield* Effect.flatMap(HostGate, ({ busy }) => busy(9)))
    })
  )
})
