import { Context, Effect, Option } from "effect"
import { JournalFailed, WorkspaceFailed } from "../../domain/Failure.ts"
import { Fleet } from "../../journal/Fleet.ts"
import type { Offers } from "../../journal/Offers.ts"
import { JournalQueries } from "../../journal/JournalQueries.ts"
import { Outbox } from "../../journal/Outbox.ts"
import { KeptWork, NOTHING_KNOWN } from "../../workspace/KeptWork.ts"
import { limitedOutbox } from "./limitedOutbox.ts"
import { limitedCall, noAnswer } from "./limits.ts"

/** A limit for this call of the journal. */
const call = (operation: string) =>
  limitedCall("file")(
    (time) => new JournalFailed({ file: `(${operation})`, reason: "unusable", detail: noAnswer(time) })
  )

const limitedQueries = (queries: JournalQueries["Type"]): JournalQueries["Type"] => {
  return {
    runs: (which) => call("runs")(queries.runs(which)),
    ended: (window) => call("ended")(queries.ended(window)),
    endedJobs: (window) => call("endedJobs")(queries.endedJobs(window)),
    open: call("open")(queries.open),
    attemptsOf: (beads) => call("attemptsOf")(queries.attemptsOf(beads)),
    waiting: (window) => call("waiting")(queries.waiting(window)),
    steps: (actor) => call("steps")(queries.steps(actor)),
    outcomesOf: (beads, last) => call("outcomesOf")(queries.outcomesOf(beads, last)),
    unchanged: call("unchanged")(queries.unchanged),
    checks: call("checks")(queries.checks),
    refusals: (window) => call("refusals")(queries.refusals(window)),
    fallbacks: (window) => call("fallbacks")(queries.fallbacks(window)),
    bugs: call("bugs")(queries.bugs),
    decisions: (window) => call("decisions")(queries.decisions(window)),
    shadows: (which) => call("shadows")(queries.shadows(which))
  }
}

const limitedOffers = (offers: Offers): Offers => {
  return {
    join: call("offers")(offers.join),
    offer: (tick, bugs, hosts) => call("offers")(offers.offer(tick, bugs, hosts)),
    giveUp: (tick) => call("offers")(offers.giveUp(tick)),
    waiting: call("offers")(offers.waiting),
    take: (most) => call("offers")(offers.take(most)),
    keep: call("offers")(offers.keep),
    close: (id, end) => call("offers")(offers.close(id, end)),
    giveBack: (id) => call("offers")(offers.giveBack(id))
  }
}

const limitedFleet = (fleet: Fleet["Type"]): Fleet["Type"] => {
  return {
    offers: fleet.offers && limitedOffers(fleet.offers),
    hosts: call("hosts")(fleet.hosts),
    others: call("hosts")(fleet.others),
    seen: (places) => call("seen")(fleet.seen(places)),
    tenure: (actor) => call("tenure")(fleet.tenure(actor)),
    evict: (host, reason) => call("evict")(fleet.evict(host, reason)),
    admit: (host) => call("admit")(fleet.admit(host)),
    evicted: call("evicted")(fleet.evicted)
  }
}

const limitedKeptWork = (work: KeptWork["Type"]): KeptWork["Type"] => {
  const limited = limitedCall("workspace")
  const call = limited((time) => new WorkspaceFailed({ detail: noAnswer(time), kind: "timeout", blame: "host" }))
  return {
    facts: (kept) => limited((time) => Effect.succeed({ ...NOTHING_KNOWN, why: noAnswer(time) }))(work.facts(kept)),
    many: (clone, branches) => limited(() => Effect.succeed(new Map<string, never>()))(work.many(clone, branches)),
    diff: (kept) => call(work.diff(kept)),
    pager: (clone, own) => call(work.pager(clone, own)),
    merge: (kept, message) => call(work.merge(kept, message)),
    push: (clone, remote) => call(work.push(clone, remote)),
    publish: (kept, remote, ours) => call(work.publish(kept, remote, ours)),
    fetch: (clone, pushed) => call(work.fetch(clone, pushed)),
    unpublish: (clone, pushed) => call(work.unpublish(clone, pushed))
  }
}

/** The outbox and what only the views use, where there is any of it, with a time limit around each call. */
export const limitedOthers = (services: Context.Context<never>): Context.Context<never> => {
  const limited = <I, S>(tag: Context.Tag<I, S>, limit: (service: S) => S): Context.Context<never> =>
    Option.match(Context.getOption(services, tag), {
      onNone: () => Context.empty(),
      onSome: (service) => Context.make(tag, limit(service))
    })
  return Context.mergeAll(
    limited(JournalQueries, limitedQueries),
    limited(KeptWork, limitedKeptWork),
    limited(Fleet, limitedFleet),
    limited(Outbox, limitedOutbox)
  )
}
