import { Context, Effect } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import {
  AckTimedOut,
  JournalFailed,
  PreflightFailed,
  PromptFailed,
  RunnerFailed,
  TrackerFailed,
  WorkspaceFailed
} from "../../domain/Failure.ts"
import { Journal } from "../../journal/Journal.ts"
import { PromptStore } from "../../prompt/PromptStore.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import { Verifier } from "../../runner/Verifier.ts"
import { Workspaces } from "../../workspace/Workspaces.ts"
import { limitedOthers } from "./limitedOthers.ts"
import { withShipped } from "./shipped.ts"
import { limitedCall, noAnswer, type Limit } from "./limits.ts"

/** The services whose calls a dispatch limits. */
export type LimitedServices = BeadsCli | DxRunner | Journal | PromptStore | Workspaces

const limitedBeads = (beads: BeadsCli["Type"]): BeadsCli["Type"] => {
  const call = (operation: string, limit: Limit = "tracker") =>
    limitedCall(limit)(
      (time) => new TrackerFailed({ operation, reason: "timeout", detail: noAnswer(time), blame: "tracker" })
    )
  return {
    version: call("version")(beads.version),
    openBugs: (filter) => call("list", "list")(beads.openBugs(filter)),
    show: (id, include) => call(`show ${id}`)(beads.show(id, include)),
    claim: (id, actor, seen) => call(`claim ${id}`)(beads.claim(id, actor, seen)),
    release: (id, actor) => call(`release ${id}`)(beads.release(id, actor)),
    leases: call("leases")(beads.leases),
    heartbeat: (id, actor) => call(`heartbeat ${id}`)(beads.heartbeat(id, actor)),
    claimsOf: (prefix) => call("list of claims", "list")(beads.claimsOf(prefix)),
    label: (id, actor, label) => call(`label ${id}`)(beads.label(id, actor, label)),
    unlabel: (id, actor, label) => call(`unlabel ${id}`)(beads.unlabel(id, actor, label)),
    close: (id, actor, reason) => call(`close ${id}`)(beads.close(id, actor, reason)),
    comment: (id, actor, text) => call(`comment ${id}`)(beads.comment(id, actor, text))
  }
}

const limitedRunner = (runner: DxRunner["Type"]): DxRunner["Type"] => {
  const call = (operation: string) =>
    limitedCall("query")((time) => new RunnerFailed({ operation, detail: noAnswer(time), blame: "runner" }))
  return {
    version: call("version")(runner.version),
    preflight: (provider) =>
      limitedCall("preflight")(
        (time) => new PreflightFailed({ provider: provider.name, detail: noAnswer(time), lines: [], blame: "provider" })
      )(runner.preflight(provider)),
    promptRefusal: runner.promptRefusal,
    reportsUsage: runner.reportsUsage,
    ships: runner.ships,
    start: (request) =>
      limitedCall("start")(
        (detail) =>
          new AckTimedOut({ provider: request.provider.name, waitedMs: 0, job: "uncertain", detail: noAnswer(detail) })
      )(runner.start(request)),
    job: (id, trace) => call("job")(runner.job(id, trace)),
    running: call("running")(runner.running),
    capacity: call("capacity")(runner.capacity),
    stop: (id, trace) => call("stop")(runner.stop(id, trace)),
    endLeftovers: (id, trace) => call("endLeftovers")(runner.endLeftovers(id, trace)),
    abandon: (id, trace) => call("abandon")(runner.abandon(id, trace)),
    oldLogs: (before) => call("oldLogs")(runner.oldLogs(before)),
    removeLog: (log) => call("removeLog")(runner.removeLog(log))
  }
}

const limitedVerifier = (verifier: Verifier["Type"]): Verifier["Type"] => {
  const call = (operation: string) =>
    limitedCall("query")((time) => new RunnerFailed({ operation, detail: noAnswer(time), blame: "runner" }))
  return {
    start: (request) => call("start of a check")(verifier.start(request)),
    check: (id, trace) => call("check")(verifier.check(id, trace)),
    stop: (id, trace) => call("stop of a check")(verifier.stop(id, trace)),
    endLeftovers: (id, trace) => call("leftovers of a check")(verifier.endLeftovers(id, trace)),
    abandon: (id, trace) => call("abandon a check")(verifier.abandon(id, trace)),
    oldLogs: (before) => call("old logs of checks")(verifier.oldLogs(before)),
    removeLog: (log) => call("remove the log of a check")(verifier.removeLog(log))
  }
}

const limitedWorkspaces = (workspaces: Workspaces["Type"]): Workspaces["Type"] => {
  const failed = (blame: WorkspaceFailed["blame"]) => (time: string) =>
    new WorkspaceFailed({ detail: noAnswer(time), kind: "timeout", blame })
  const call = limitedCall("workspace")(failed("host"))
  const kept = limitedCall("file")((time) => Effect.logWarning(`worktree: cannot keep it: ${noAnswer(time)}`))
  return {
    version: call(workspaces.version),
    check: (repository) => call(workspaces.check(repository)),
    place: workspaces.place,
    acquire: (id, repository) => limitedCall("workspace")(failed("issue"))(workspaces.acquire(id, repository)),
    keep: (workspace) => kept(workspaces.keep(workspace)),
    discard: (id, repository, workspace, jobEndedAt) => call(workspaces.discard(id, repository, workspace, jobEndedAt)),
    inspect: (id, repository, workspace) => call(workspaces.inspect(id, repository, workspace)),
    merged: (id, repository, workspace) => call(workspaces.merged(id, repository, workspace)),
    remove: (id, repository, workspace, tip) => call(workspaces.remove(id, repository, workspace, tip)),
    acquireBase: (id, repository, workspace) => call(workspaces.acquireBase(id, repository, workspace)),
    dropBase: (id, repository) => call(workspaces.dropBase(id, repository)),
    existing: (repository) => call(workspaces.existing(repository))
  }
}

const limitedPrompts = (prompts: PromptStore["Type"]): PromptStore["Type"] => {
  const failed = (blame: PromptFailed["blame"]) => (time: string) => new PromptFailed({ detail: noAnswer(time), blame })
  const kept = limitedCall("file")((time) => Effect.logWarning(`prompt file: cannot keep it: ${noAnswer(time)}`))
  return {
    write: (id, mark, text) => limitedCall("file")(failed("issue"))(prompts.write(id, mark, text)),
    keep: (file) => kept(prompts.keep(file)),
    // Asks about each prompt's job.
    sweep: (isFinished, scope) => limitedCall("list")(failed("host"))(prompts.sweep(isFinished, scope))
  }
}

const limitedJournal = (journal: Journal["Type"]): Journal["Type"] => {
  const call = (operation: string, limit: Limit = "file") =>
    limitedCall(limit)(
      (time) => new JournalFailed({ file: `(${operation})`, reason: "unusable", detail: noAnswer(time) })
    )
  return {
    identity: journal.identity,
    version: call("version")(journal.version),
    lock: (locking) => call("lock", "lock")(journal.lock(locking)),
    watch: (run) => call("watch", "lock")(journal.watch(run)),
    watcher: limitedCall("file")(() => Effect.succeedNone)(journal.watcher),
    begin: (run) => call("begin")(journal.begin(run)),
    end: (report) => call("end")(journal.end(report)),
    shadow: (shadow, keptSince) => call("shadow")(journal.shadow(shadow, keptSince)),
    intend: (intent) => call("intend")(journal.intend(intent)),
    advance: (actor, step) => call("advance")(journal.advance(actor, step)),
    reopen: (actor) => call("reopen")(journal.reopen(actor)),
    clear: (beads, note) => call("clear")(journal.clear(beads, note)),
    decide: (decision) => call("decide")(journal.decide(decision)),
    pause: (pause) => call("pause")(journal.pause(pause)),
    resume: (by, covers) => call("resume")(journal.resume(by, covers)),
    paused: call("paused")(journal.paused),
    retries: call("retries")(journal.retries),
    open: call("open")(journal.open),
    since: (millis) => call("since")(journal.since(millis)),
    find: (actor) => call("find")(journal.find(actor)),
    known: (beads) => call("known")(journal.known(beads)),
    of: (...beads) => call("of")(journal.of(...beads)),
    notice: (alert) => call("notice")(journal.notice(alert)),
    notices: call("notices")(journal.notices),
    unreported: call("unreported")(journal.unreported),
    report: (run) => call("report")(journal.report(run)),
    prunable: (before) => call("prunable")(journal.prunable(before)),
    // Thousands of rows, and their room is given back to the disk.
    prune: (cut) => call("prune", "list")(journal.prune(cut)),
    pruned: call("pruned")(journal.pruned)
  }
}

/** These services with a time limit around each call, so that no layer can hold a run; and the workspaces of such a runner. */
const limitedServices = (services: Context.Context<LimitedServices>): Context.Context<LimitedServices> => {
  const runner = Context.get(services, DxRunner)
  return Context.make(BeadsCli, limitedBeads(Context.get(services, BeadsCli))).pipe(
    Context.add(DxRunner, limitedRunner(runner)),
    Context.add(Journal, limitedJournal(Context.get(services, Journal))),
    Context.add(PromptStore, limitedPrompts(Context.get(services, PromptStore))),
    Context.add(Workspaces, withShipped(limitedWorkspaces(Context.get(services, Workspaces)), runner))
  )
}

/**
 * Runs the effect with a time limit around each call of these services, of the verifier, of the outbox, and of what the views use.
 *
 * @example
 * withLimits(settleEarlier(options))
 */
export const withLimits = <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E, Exclude<R, LimitedServices | Verifier> | LimitedServices | Verifier> =>
  Effect.flatMap(Effect.context<LimitedServices | Verifier>(), (services) => {
    const verifier = limitedVerifier(Context.get(services, Verifier))
    const limited = Context.add(limitedServices(services), Verifier, verifier)
    return Effect.provide(effect, Context.merge(limited, limitedOthers(services)))
  })
