import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect, Layer } from "effect"
import { withLimits } from "../../dispatch/limits/limitedServices.ts"
import { EXIT } from "../../domain/exitCode.ts"
import { typedName, type Host } from "../../domain/Host.ts"
import { HostChange, HostsReport } from "../../domain/HostsReport.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { Fleet } from "../../journal/Fleet.ts"
import { Journal } from "../../journal/Journal.ts"
import { layer, viewLayer } from "../../layer.ts"
import { configured } from "../Configuration.ts"
import { NotDone } from "../exit.ts"
import { frameHere } from "../frame.ts"
import { hostMeant } from "../hostMeant.ts"
import { reasonOption } from "../reason.ts"
import { renderHostChange, renderHosts } from "../rendering/hosts.ts"
import { jsonDocument } from "../rendering/jsonDocument.ts"
import { json } from "../root.ts"
import { printResult } from "../terminal/Streams.ts"

const encodeHosts = jsonDocument(HostsReport, { space: 2 })
const encodeChange = jsonDocument(HostChange, { space: 2 })

const NOT_SHARED = new NotDone({
  where: "the setting journal",
  what: "it names no database, so the journal is this host's alone, and there is no other host"
})

const host = Args.text({ name: "host" }).pipe(
  Args.withDescription("The host's name, or the beginning of its mark where several have one name")
)

/** The journal, to be written; fails where it is one host's alone. */
const onFleet = configured(({ settings }, surroundings) =>
  Layer.provide(
    layer(settings, surroundings),
    Layer.effectDiscard(settings.journal === undefined ? NOT_SHARED : Effect.void)
  )
)

/** The host that is meant, what is known of it after the change, and all of them. */
const changed = Effect.fn("hosts.changed")(function* (meant: Host, result: HostChange["result"], asJson: boolean) {
  const { hosts } = yield* Fleet
  const all = yield* hosts
  const change: HostChange = { result, host: all.find(({ mark }) => mark === meant.mark) ?? meant }
  const text = renderHostChange(change, meant, all, yield* frameHere())
  return yield* printResult(EXIT.ok, asJson ? encodeChange(change) : text)
})

/** An operator who names the host that the terminal is on may have meant another, or a pause. */
const refuseOwn = (hosts: ReadonlyArray<Host>, own: Host) =>
  new NotDone({
    where: own.name,
    what: "this is the host that you are on. Its jobs would be ended, and it would begin nothing until it is admitted again",
    next:
      `To begin nothing and keep its jobs: nightly-dispatch pause --reason TEXT. To evict it all the same: add --this-host ` +
      `(the way back: nightly-dispatch hosts admit ${typedName(hosts, own)})`
  })

const evictOptions = {
  host,
  reason: reasonOption("Why it is evicted: its own runs, doctor and the list of hosts say it"),
  thisHost: Options.boolean("this-host").pipe(
    Options.withDescription("Evict the host that you are on, which is refused else")
  ),
  dryRun: Options.boolean("dry-run").pipe(Options.withDescription("Print what would follow; change nothing")),
  json
}

const evict = Command.make("evict", evictOptions, (flags) =>
  Effect.gen(function* () {
    const [fleet, { identity }] = yield* Effect.all([Fleet, Journal])
    const hosts = yield* fleet.hosts
    const meant = yield* hostMeant(hosts, flags.host)
    if (meant.state === "evicted") return yield* changed(meant, "unchanged", flags.json)
    if (meant.mark === identity.mark && !flags.thisHost) return yield* refuseOwn(hosts, meant)
    if (flags.dryRun) return yield* changed(meant, "would_evict", flags.json)
    yield* fleet.evict(meant.mark, flags.reason)
    return yield* changed(meant, "evicted", flags.json)
  }).pipe(withLimits)
).pipe(
  Command.withDescription(
    "Say that a host is gone: what it writes is refused, its jobs end, and other hosts settle what it began"
  ),
  Command.provide(onFleet)
)

const admit = Command.make("admit", { host, json }, (flags) =>
  Effect.gen(function* () {
    const fleet = yield* Fleet
    const meant = yield* hostMeant(yield* fleet.hosts, flags.host)
    if (meant.state !== "evicted") return yield* changed(meant, "unchanged", flags.json)
    yield* fleet.admit(meant.mark)
    return yield* changed(meant, "admitted", flags.json)
  }).pipe(withLimits)
).pipe(
  Command.withDescription("Let an evicted host work again: its next run begins as if it were new"),
  Command.provide(onFleet)
)

export const hostsCommand = Command.make("hosts", { json }, (flags) =>
  Effect.gen(function* () {
    const [fleet, journal, settings] = yield* Effect.all([Fleet, Journal, CurrentSettings])
    // Fails if the journal cannot be read.
    const version = yield* journal.version
    const hosts = yield* fleet.hosts
    const report: HostsReport = {
      journal: version,
      isShared: settings.journal !== undefined,
      here: hosts.find(({ mark }) => mark === journal.identity.mark)?.mark ?? null,
      hosts
    }
    return yield* printResult(EXIT.ok, flags.json ? encodeHosts(report) : renderHosts(report, yield* frameHere()))
  }).pipe(withLimits)
).pipe(
  Command.withDescription(
    "List the hosts that share the journal: which work, what they have room for, and what is open"
  ),
  Command.provide(configured(({ settings }, surroundings) => viewLayer(settings, surroundings))),
  Command.withSubcommands([evict, admit])
)
