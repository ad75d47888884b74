import { assert } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { sameMembers } from "../contract/support.ts"
import { Fleet } from "../faults/fleet/Fleet.ts"
import type { Host } from "../faults/fleet/Host.ts"
import { PROGRAMS } from "../faults/machine/Machine.ts"
import { runDispatcher, type Ended } from "../faults/machine/dispatcher.ts"
import { withoutOwnNetworks } from "../faults/machine/ownNetwork.ts"
import type { Server } from "../postgres/server.ts"
import { BD, tracker, VERSION, type Tracker } from "./realBd.ts"

const HOSTS = 3
const idsOf = (count: number) => Array.from({ length: count }, (_, at) => `bd-n${at}`)

/** A run calls bd about 20 times, and three hosts wait for each other's calls. */
const PATIENCE = 240_000
/** Rounds in which all bugs must be done. */
const MOST_ROUNDS = 4
/** Milliseconds after which the next host begins a tick of its own. */
export const NEXT_TICK = 300_000
export const HOUR = 3_600_000

const network = withoutOwnNetworks(`a fleet on bd ${VERSION}`) ? {} : ({ ownNetwork: true } as const)

/** Three hosts, together with room for all bugs, and one database of bd on the file system that they share. */
export class RealFleet {
  readonly fleet: Fleet
  readonly tracker: Tracker
  readonly ids: ReadonlyArray<string>
  readonly log: Array<string> = []

  private constructor(fleet: Fleet, on: Tracker, ids: ReadonlyArray<string>) {
    this.fleet = fleet
    this.tracker = on
    this.ids = ids
  }

  static make(server: Server, jobsOfHost: number): Effect.Effect<RealFleet, never, Scope.Scope> {
    return Effect.gen(function* () {
      const fleet = yield* Effect.acquireRelease(
        Effect.promise(() => Fleet.make(server, { withoutNetwork: true })),
        (made) =>
          Effect.map(
            Effect.promise(() => made.remove()),
            (problems) => assert.isEmpty(problems)
          )
      )
      const bin = path.join(fleet.root, "bin")
      fs.mkdirSync(bin)
      fs.symlinkSync(BD, path.join(bin, "bd"))
      const ids = idsOf(HOSTS * jobsOfHost)
      const seed = ids.map((id, at) => ({ id, title: `${"abcdef"[at]} breaks`, priority: at % 2 }))
      const on = yield* tracker(fleet.root, seed)
      for (const host of fleet.hosts) {
        Object.assign(host.env, {
          PATH: `${bin}:${PROGRAMS}`,
          BEADS_DIR: on.dir,
          BD_DISABLE_METRICS: "1",
          NIGHTLY_DISPATCH_LIMITS_MAX_PARALLEL: String(jobsOfHost),
          NIGHTLY_DISPATCH_LIMITS_MAX_DISPATCHES: String(jobsOfHost)
        })
      }
      return new RealFleet(fleet, on, ids)
    })
  }

  /** A run of the host, `later` milliseconds from now; `onStart` gets its pid. */
  run(host: Host, later = 0, onStart: (pid: number) => void = () => {}): Effect.Effect<Ended> {
    return Effect.promise(async () => {
      const ended = await runDispatcher(host, { process: true, later, patience: PATIENCE, ...network }, { onStart })
      this.log.push(`--- ${host.name}: exit ${ended.code} ${ended.signal ?? ""}\n${ended.stderr}`)
      return ended
    })
  }

  /** Runs these hosts at the same time, as one tick does. */
  tick(hosts: ReadonlyArray<Host>, later = 0): Effect.Effect<ReadonlyArray<Ended>> {
    return Effect.forEach(hosts, (host) => this.run(host, later), { concurrency: "unbounded" })
  }

  /** The open attempts, each with the name of its host. */
  get open() {
    const query = "SELECT actor, beads, name FROM attempts JOIN hosts ON host = mark WHERE phase <> 'settled'"
    return Effect.promise(async () =>
      (await this.fleet.admin.query(query)).map((row) => ({
        actor: String(row["actor"]),
        beads: String(row["beads"]),
        host: String(row["name"])
      }))
    )
  }

  /** Fails unless each claim in bd is that of an open attempt, and no bug has two agents. */
  get holds() {
    return Effect.gen(this, function* () {
      const [open, all] = yield* Effect.all([this.open, this.tracker.all])
      const actors = new Set(open.map(({ actor }) => actor))
      for (const { assignee, id } of all.values()) {
        const isExplained = assignee === undefined || actors.has(assignee)
        assert.isTrue(isExplained, `${id} is claimed by ${assignee}, which has no open attempt\n${this.logs}`)
      }
      sameMembers([...new Set(this.fleet.running())], this.fleet.running())
      assert.isEmpty(this.fleet.overlaps(), this.logs)
    })
  }

  get logs(): string {
    return this.log.join("\n")
  }

  /** How often agents have begun at each bug, and ended their work. */
  counts(word: "begins" | "ends"): ReadonlyArray<string> {
    return this.fleet.agentLines().flatMap((line) => (line.word === word ? [line.id] : []))
  }

  /** Lets agents end, and the hosts settle and go on, until each bug was done; each must be done once. */
  get finishes() {
    return Effect.gen(this, function* () {
      for (let round = 1; round <= MOST_ROUNDS && (yield* this.open).length > 0; round++) {
        yield* Effect.promise(() => this.fleet.agentsEnd())
        yield* Effect.promise(() => this.fleet.timePasses(NEXT_TICK))
        const busy = new Set((yield* this.open).map(({ host }) => host))
        yield* this.tick(
          this.fleet.hosts.filter(({ name }) => busy.has(name)),
          round * HOUR
        )
        yield* this.holds
      }
      assert.isEmpty(yield* this.open, this.logs)
      sameMembers(this.counts("ends"), this.ids)
      const query = "SELECT beads FROM attempts WHERE attempt ->> 'end' = 'succeeded'"
      const succeeded = yield* Effect.promise(() => this.fleet.admin.query(query))
      sameMembers(
        succeeded.map(({ beads }) => String(beads)),
        this.ids
      )
      const all = yield* this.tracker.all
      for (const id of this.ids) assert.deepInclude({ ...all.get(id) }, { status: "open" }, this.logs)
      for (const id of this.ids) assert.isUndefined(all.get(id)?.assignee, this.logs)
    })
  }
}
