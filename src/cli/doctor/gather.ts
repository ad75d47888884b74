import * as Path from "@effect/platform/Path"
import { Clock, Duration, Effect, Either, Layer, Option } from "effect"
import { withLimits } from "../../dispatch/limits/limitedServices.ts"
import { settingsSecrets } from "../../domain/Settings.ts"
import { localZone } from "../../domain/localZone.ts"
import * as bootClock from "../../exec/bootClock.ts"
import * as NodeExec from "../../exec/NodeExec.ts"
import { viewLayer } from "../../layer.ts"
import { findTools } from "../../locate.ts"
import { writtenDirectories } from "../../onHost.ts"
import { runLines } from "../../report/schedule/crontab.ts"
import { readCrontab } from "../../report/schedule/readCrontab.ts"
import { GRACE, overdueSince } from "../../report/schedule/judge.ts"
import { ThisProcess, type Surroundings } from "../../surroundings.ts"
import { outsideBlocks } from "../cron/block.ts"
import { cronDaemonRuns } from "../cron/daemon.ts"
import { filedSchedule } from "../cron/installedSchedule.ts"
import { repositoryOrHere, wrapperFor } from "../cron/place.ts"
import type { CronPlace } from "../cron/scriptPlace.ts"
import { root } from "../root.ts"
import { loadSettings, type LoadedSettings } from "../../settings/load.ts"
import { KeepSecret, secretsOf } from "../terminal/secrecy.ts"
import { VERSION } from "../../domain/version.ts"
import type { CheckedAs } from "./Finding.ts"
import { cronRun, lookAtLine, type CronRun } from "./cronRun.ts"
import { schedulesOf, type Facts, type ServiceFacts } from "./findings.ts"
import { gatherClock, gatherNode, gatherRoom } from "./host.ts"
import { gatherEviction, gatherJournal } from "./journal.ts"
import { gatherMemory } from "./memory.ts"
import { gatherProviders } from "./providers.ts"
import { gatherRepository } from "./repository.ts"
import { gatherRunner } from "./runner.ts"
import type { ScheduleFacts } from "./schedule.ts"
import { gatherAlerts, gatherWatcher, settingsFacts } from "./setup.ts"
import { installCommand, lineOf, lookAtFiled } from "./starter.ts"
import { gatherState } from "./state.ts"
import { gatherTracker } from "./tracker.ts"
import type { Both } from "./tool.ts"

/** The script that `cron wrapper` would print here, and its place. Settings that cannot be loaded count as the defaults. */
const scriptHere = Effect.fn("doctor.script")(function* (loaded: LoadedSettings | undefined) {
  const nothing = { flags: {}, configFile: undefined, cwd: "/", environment: {}, home: undefined }
  const shown = loaded ?? (yield* Effect.orDie(loadSettings(nothing)))
  const { change, place } = yield* wrapperFor(yield* repositoryOrHere(shown), shown, [])
  return { text: change.text, place }
})

/** What starts runs of this repository: lines of the crontab, else the file that stands for one. */
const gatherLines = Effect.fn("doctor.lines")(function* (user: Surroundings, place: CronPlace) {
  const [crontab, filed] = [yield* Effect.either(readCrontab("5 seconds")), yield* filedSchedule(place.name)]
  const facts = {
    filed: filed === undefined ? undefined : yield* lookAtFiled(filed),
    install: yield* installCommand(filed)
  }
  const text = Either.getOrElse(crontab, () => "")
  const lines = yield* Effect.forEach(runLines(outsideBlocks(text, place.name)), (line) => lookAtLine(line, user))
  if (lines.length > 0) return { ...facts, lines: Either.right(lines) }
  if (filed !== undefined)
    return { ...facts, lines: Either.right([yield* lookAtLine(lineOf(filed, place), user, filed.file)]) }
  return {
    ...facts,
    lines: Either.mapBoth(crontab, {
      onLeft: ({ _tag, message }) => ({ why: message, mayExist: _tag === "CrontabUnreadable" }),
      onRight: () => lines
    })
  }
})

/** What the services tell, all at the same time. They stand on the environment of cron. */
const gatherServices = (
  loaded: LoadedSettings,
  run: CronRun,
  both: Both,
  {
    isOnline,
    now,
    schedule
  }: { readonly isOnline: boolean; readonly now: number; readonly schedule: Pick<ScheduleFacts, "lines" | "setting"> }
) =>
  Effect.gen(function* () {
    const { settings } = loaded
    const tools = yield* findTools(settings, run)
    const { beadsDir, dxRunner, state } = tools
    return yield* Effect.all(
      {
        tracker: gatherTracker(settings, beadsDir, both),
        repository: gatherRepository(settings, run, tools, both),
        runner: gatherRunner(settings, dxRunner, both),
        providers: gatherProviders(loaded, dxRunner, both, isOnline),
        state: gatherState(state),
        journal: gatherJournal(settings),
        eviction: gatherEviction,
        room: gatherRoom(settings.limits, writtenDirectories(settings, run, tools), run.tempDir),
        memory: gatherMemory(settings),
        times: Effect.succeed({ now, schedules: schedulesOf(schedule), run: Duration.toMillis(settings.timeouts.run) }),
        alerts: gatherAlerts(settings, both),
        watcher: gatherWatcher(settings, state.directory, both)
      },
      { concurrency: "unbounded" }
    )
  }).pipe(withLimits, Effect.provide(viewLayer(loaded.settings, run)))

/** When the run was due that has not come, by the journal. */
const overdueOf = (services: ServiceFacts | undefined): number | undefined => {
  const [schedule] = services?.times.schedules ?? []
  if (services === undefined || schedule === undefined || Either.isLeft(services.state.runs)) return undefined
  const { now, run } = services.times
  return overdueSince({ schedule, runs: services.state.runs.right, now, longestRun: run + GRACE })
}

const checkedAs = ({ cwd, environment, from, home, isAssumed }: CronRun): CheckedAs => ({
  from,
  assumed: isAssumed,
  path: environment["PATH"] ?? "",
  home,
  shell: environment["SHELL"] ?? "",
  directory: cwd
})

/**
 * Finds out everything that `findings` needs: how cron would start a run, and what that run would find. Claims nothing, and
 * makes nothing that stays. Never fails: what cannot be found out is a fact too.
 */
export const gather = Effect.fn("doctor.gather")(function* (isOnline: boolean) {
  const [user, path, { config }, now] = yield* Effect.all([ThisProcess, Path.Path, root, Clock.currentTimeMillis])
  const configFile = Option.getOrUndefined(Option.map(config, (file) => path.resolve(user.cwd, file)))
  const exec = NodeExec.layerWith({ environment: user.environment })
  const load = ({
    cwd,
    environment,
    home
  }: Pick<CronRun, "cwd" | "environment"> & { readonly home: string | undefined }) =>
    Effect.either(loadSettings({ flags: {}, configFile, cwd, environment, home }))

  const shell = yield* Effect.provide(load(user), exec)
  const script = yield* Effect.provide(scriptHere(Option.getOrUndefined(Either.getRight(shell))), exec)
  const found = yield* Effect.provide(gatherLines(user, script.place), exec)
  const [first] = Either.getOrElse(found.lines, () => [])
  const run = yield* cronRun(user, first, script.text)
  yield* Effect.flatMap(KeepSecret, (keep) => keep(secretsOf(run.environment)))

  const underCron = NodeExec.layerWith({ environment: run.environment })
  // What a script would set that starts nothing is not known.
  const isStarted = run.probed === undefined || Either.isRight(run.probed)
  const cron = isStarted ? yield* Effect.provide(load(run), underCron) : undefined
  const loaded = cron !== undefined && Either.isRight(cron) ? cron.right : undefined
  if (loaded !== undefined) yield* Effect.flatMap(KeepSecret, (keep) => keep(settingsSecrets(loaded.settings)))
  const schedule = { ...found, setting: loaded?.settings.schedule }
  const both = { cron: run.environment, shell: user.environment }
  const { clock, daemon, node, services } = yield* Effect.all(
    {
      node: Effect.provide(gatherNode(run, user.program, VERSION), underCron),
      clock: Effect.provide(gatherClock, Layer.merge(bootClock.layer, exec)),
      daemon: Effect.map(Effect.provide(cronDaemonRuns, exec), (runs) =>
        runs === undefined ? Either.left("ps tells nothing") : Either.right(runs)
      ),
      services:
        loaded === undefined
          ? Effect.sync(() => undefined)
          : gatherServices(loaded, run, both, { isOnline, now, schedule })
    },
    { concurrency: "unbounded" }
  )
  const overdue = overdueOf(services)
  return {
    checkedAs: checkedAs(run),
    node,
    clock,
    settings: cron === undefined ? undefined : settingsFacts(cron, shell),
    schedule: { ...schedule, now, zone: localZone, daemon, foreignScript: run.foreignScript, overdue },
    services
  } satisfies Facts
})
