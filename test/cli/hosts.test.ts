import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { HostChange, HostsReport } from "../../src/index.ts"
import { database } from "../postgres/server.ts"
import { onPostgres } from "../postgres/shared.ts"
import { machine } from "./world.ts"

/** The watcher looks each 30 seconds, and a busy machine is slow. Milliseconds. */
const PATIENCE = 240_000

const fleetHost = (name: string, address: string, bug: string) =>
  Effect.gen(function* () {
    const world = yield* machine([{ id: bug, title: "the parser loses a row", priority: 0 }])
    // Doctor looks at what cron would start, which has no variables of ours.
    const config = path.join(world.root, "home/.config/nightly-dispatch/nightly-dispatch.yaml")
    fs.mkdirSync(path.dirname(config), { recursive: true })
    const pid = path.join(world.root, "agent.pid")
    const settings = {
      journal: address,
      stateDir: path.join(world.root, "state"),
      host: { name, tags: name === "vm-1" ? ["gpu", "arm"] : [] },
      providers: [{ name: "my-agent", command: ["sh", "-c", `echo $$ > '${pid}'; exec sleep 600`] }],
      limits: { maxDispatches: 1 }
    }
    fs.writeFileSync(config, JSON.stringify(settings), { mode: 0o600 })
    const env = {
      NIGHTLY_DISPATCH_RUNNER_BACKEND: "local",
      NIGHTLY_DISPATCH_WATCH: "auto",
      LOGNAME: "op",
      TZ: "UTC"
    }
    const given = (changes: NodeJS.ProcessEnv, ...args: ReadonlyArray<string>) =>
      world.program(args, { env: { ...env, ...changes } })
    const nd = (...args: ReadonlyArray<string>) => given({}, ...args)
    return { nd, given, agent: Effect.sync(() => Number(fs.readFileSync(pid, "utf8"))) }
  })

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Whether the process has ended, which is waited for up to so many seconds. */
const endsWithin = (pid: number, seconds: number) =>
  Effect.sync(() => !isAlive(pid)).pipe(
    Effect.delay("1 second"),
    Effect.repeat({ until: (isOver) => isOver, times: seconds })
  )

const flat = (text: string) => text.replaceAll(/\s+/g, " ")
const widest = (text: string) => Math.max(...text.split("\n").map((line) => line.length))

onPostgres("the hosts of a fleet, by its commands", (server) => {
  it.scopedLive(
    "an evicted host's job is ended, its next run ends with exit 6 and names the way back",
    () =>
      Effect.gen(function* () {
        const on = yield* server
        const address = on.address(yield* database(on))
        const [one, two] = [yield* fleetHost("vm-1", address, "bd-1"), yield* fleetHost("vm-2", address, "bd-2")]
        const none = yield* two.nd("hosts")
        assert.match(none.stdout, /no host has used it yet/, none.stderr)
        const ran = yield* one.nd("run")
        assert.strictEqual(ran.code, 0, ran.stderr)
        yield* two.nd("settle")
        const pid = yield* one.agent
        assert.isTrue(isAlive(pid))

        const listed = yield* two.nd("hosts")
        assert.match(flat(listed.stdout), /^2 hosts share Postgres \(postgres:.*\) \(\*: this host\)/)
        assert.match(listed.stdout, /^ +vm-1 +active +\d\S+ +(now|\d+ s) +\S+ +1 +gpu arm$/m)
        assert.match(listed.stdout, /^\* +vm-2 +active .* 0$/m)
        assert.isAtMost(widest(listed.stdout), 80)
        const json = yield* two.nd("hosts", "--json")
        const report = yield* Schema.decodeUnknown(Schema.parseJson(HostsReport))(json.stdout)
        assert.deepStrictEqual(
          report.hosts.map(({ name, open, state }) => [name, open, state]),
          [
            ["vm-1", 1, "active"],
            ["vm-2", 0, "active"]
          ]
        )
        assert.strictEqual(report.hosts[1]?.mark, report.here)
        assert.notInclude(listed.stdout + json.stdout + json.stderr, on.password)

        const unknown = yield* two.nd("hosts", "evict", "vm-9", "--reason", "gone")
        assert.deepStrictEqual([unknown.code, unknown.stdout], [1, ""])
        assert.match(unknown.stderr, /vm-9: no host has this name or mark. Hosts: vm-1, vm-2/)
        const self = yield* two.nd("hosts", "evict", "vm-2", "--reason", "gone")
        assert.strictEqual(self.code, 1)
        assert.match(self.stderr, /vm-2: this is the host that you are on.*pause --reason TEXT.*--this-host/)
        const dry = yield* two.nd("hosts", "evict", "vm-1", "--reason", "its disk failed", "--dry-run")
        assert.match(
          flat(dry.stdout),
          /^would evict vm-1.* 1 attempt of it is open: the next run of another host from \d\d:\d\d on/
        )
        const evicted = yield* two.nd("hosts", "evict", "vm-1", "--reason", "its disk failed", "--json")
        const change = yield* Schema.decodeUnknown(Schema.parseJson(HostChange))(evicted.stdout)
        assert.deepInclude(change, { result: "evicted" })
        assert.deepInclude(change.host, { state: "evicted", reason: "its disk failed", open: 1 })
        const again = yield* two.nd("hosts", "evict", "vm-1", "--reason", "its fan failed")
        assert.strictEqual(again.code, 0)
        assert.match(
          flat(again.stdout),
          /^vm-1 was evicted already: its disk failed .*The way back: nightly-dispatch hosts admit vm-1/
        )
        const after = yield* two.nd("hosts")
        assert.match(after.stdout, /^ +vm-1 +EVICTED /m)
        assert.isAtMost(widest(after.stdout), 80)

        assert.isTrue(yield* endsWithin(pid, 60), "the watcher of vm-1 ended its job")

        const refused = yield* one.nd("run")
        assert.strictEqual(refused.code, 6, refused.stdout)
        assert.match(
          refused.stderr,
          /this host \(vm-1\) was evicted: its disk failed.*nightly-dispatch hosts admit vm-1/
        )
        const doctor = yield* one.nd("doctor", "--json")
        const { findings } = JSON.parse(doctor.stdout)
        assert.deepInclude(
          findings.find(
            ({ area, level }: { area: string; level: string }) => area === "journal" && level === "problem"
          ),
          {
            what: "this host (vm-1) was evicted: its disk failed. It claims and starts nothing; other hosts settle what it began"
          }
        )

        const admitted = yield* two.nd("hosts", "admit", "vm-1")
        assert.match(flat(admitted.stdout), /^admitted vm-1: its next run works again. It was evicted: its disk failed/)
        const same = yield* two.nd("hosts", "admit", "vm-1")
        assert.match(same.stdout, /^vm-1 is not evicted/)
        const works = yield* one.nd("run", "--max", "1")
        assert.match(works.stderr, /JOB_FAILED beads=bd-1/)
        assert.notStrictEqual(works.code, 6, works.stderr)
        for (const { stderr, stdout } of [evicted, again, after, refused, doctor, admitted])
          assert.notInclude(stderr + stdout, on.password)
      }),
    PATIENCE
  )

  it.scopedLive(
    "an evicted host's next run starts a watcher, which ends a job that had none",
    () =>
      Effect.gen(function* () {
        const on = yield* server
        const address = on.address(yield* database(on))
        const [one, two] = [yield* fleetHost("vm-1", address, "bd-1"), yield* fleetHost("vm-2", address, "bd-2")]
        yield* one.given({ NIGHTLY_DISPATCH_WATCH: "never" }, "run")
        const pid = yield* one.agent
        yield* two.nd("hosts", "evict", "vm-1", "--reason", "its disk failed")
        assert.isTrue(isAlive(pid))
        assert.strictEqual((yield* one.nd("run")).code, 6)
        assert.isTrue(yield* endsWithin(pid, 20))
      }),
    PATIENCE
  )

  it.scopedLive(
    "pause covers this host, another or all, says which, and resume ends that",
    () =>
      Effect.gen(function* () {
        const on = yield* server
        const address = on.address(yield* database(on))
        const [one, two] = [yield* fleetHost("vm-1", address, "bd-1"), yield* fleetHost("vm-2", address, "bd-2")]
        yield* one.nd("settle")
        yield* two.nd("settle")
        const own = yield* two.nd("pause", "--reason", "its disk is full")
        assert.match(own.stdout, /until nightly-dispatch resume --host vm-2\n/)
        assert.match(
          own.stdout,
          /It covers this host, vm-2. The other hosts go on; for all: nightly-dispatch pause --fleet/
        )
        assert.match((yield* two.nd("status")).stdout, /paused since/)
        assert.notMatch((yield* one.nd("status")).stdout, /paused since/)
        const run = yield* two.nd("run", "--json")
        assert.deepInclude(JSON.parse(run.stdout), { dispatched: 0, fetched: 0 })

        const all = yield* one.nd("pause", "--fleet", "--reason", "the tracker moves")
        assert.match(all.stdout, /until nightly-dispatch resume --fleet\n/)
        assert.match(all.stdout, /It covers all hosts: vm-1, vm-2, and those to come\./)
        const listed = yield* one.nd("hosts")
        assert.match(listed.stdout, /^\* +vm-1 +paused /m)
        assert.match(flat(listed.stdout), /all hosts: paused since .*: the tracker moves/)
        assert.isAtMost(widest(listed.stdout), 80)
        assert.deepInclude(JSON.parse((yield* one.nd("run", "--json")).stdout), { dispatched: 0 })

        const wrong = yield* one.nd("resume")
        assert.strictEqual(wrong.code, 1)
        assert.match(
          wrong.stderr,
          /there is no such pause, but another one: .*the tracker moves.*nightly-dispatch resume --fleet/
        )
        const resumed = yield* one.nd("resume", "--fleet")
        assert.match(resumed.stdout, /^resumed\. It was paused since .*the tracker moves/)
        assert.match(
          resumed.stdout,
          /Still in force: paused since .*its disk is full · until nightly-dispatch resume --host vm-2/
        )
        const other = yield* one.nd("resume", "--host", "vm-2")
        assert.match(other.stdout, /^resumed: runs dispatch again\./)
        assert.deepInclude(JSON.parse((yield* two.nd("run", "--json")).stdout), { dispatched: 1 })
      }),
    PATIENCE
  )
})

describe("on SQLite", () => {
  it.scopedLive(
    "hosts says that the journal is one host's, and how a fleet is made",
    () =>
      Effect.gen(function* () {
        const world = yield* machine([])
        const { code, stdout } = yield* world.nd(["hosts"])
        assert.strictEqual(code, 0)
        assert.match(flat(stdout), /^The journal is this host's alone: .*on Postgres: .*nightly-dispatch journal copy/)
        assert.isAtMost(widest(stdout), 80)
        const json = yield* world.nd(["hosts", "--json"])
        assert.deepInclude(JSON.parse(json.stdout), { isShared: false, hosts: [] })
        const evict = yield* world.nd(["hosts", "evict", "vm-1", "--reason", "gone"])
        assert.strictEqual(evict.code, 1)
        assert.match(evict.stderr, /the setting journal: it names no database/)
        assert.isFalse(fs.existsSync(path.join(world.root, "state/journal.db")), "nothing was made")
        const pause = yield* world.nd(["pause", "--fleet", "--reason", "x"])
        assert.strictEqual(pause.code, 2)
        assert.match(pause.stderr, /--host and --fleet are for hosts that share a journal on Postgres/)
      }),
    PATIENCE
  )
})
