import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect, Layer, Logger, LogLevel, Option } from "effect"
import { withLimits } from "../../dispatch/limits/limitedServices.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { viewLayer } from "../../layer.ts"
import { newRun } from "../../locate.ts"
import { gatherFacts } from "../../report/needs/gatherFacts.ts"
import { StatusView, statusView } from "../../report/status/statusView.ts"
import { HostStatusView, hostStatusText } from "../../report/status/hostStatus.ts"
import { statusText } from "../../report/status/text.ts"
import { ThisProcess } from "../../surroundings.ts"
import { Configuration, configured } from "../Configuration.ts"
import { WrongUsage } from "../exit.ts"
import { frameHere } from "../frame.ts"
import { seeHost } from "../hostStatus.ts"
import { json, repo, repoSetting } from "../root.ts"
import { metricsFile, writeFacts } from "../telemetry/metrics.ts"
import { redrawn } from "../terminal/redrawn.ts"
import { printResult, Streams } from "../terminal/Streams.ts"
import { jsonDocument } from "../rendering/jsonDocument.ts"

const encodeHost = jsonDocument(HostStatusView)
const encodeView = jsonDocument(StatusView)

const flags = {
  json,
  repo,
  metricsFile,
  all: Options.boolean("all").pipe(
    Options.withDescription("List every bug that is left alone, and everything that needs you")
  ),
  allRepos: Options.boolean("all-repos").pipe(
    Options.withDescription("Show every repository that your dispatchers on this host work on")
  ),
  watch: Options.boolean("watch").pipe(
    Options.withDescription("Show it anew every two seconds, on a terminal, until q or ctrl-c")
  )
}

interface Flags {
  readonly json: boolean
  readonly repo: Option.Option<string>
  readonly metricsFile: Option.Option<string>
  readonly all: boolean
  readonly allRepos: boolean
  readonly watch: boolean
}

/** What a view is read from, made anew for each view: while one is watched, the first run may make the journal. */
const services = Layer.unwrapEffect(
  Effect.map(Effect.all([Configuration, ThisProcess]), ([{ settings }, process]) => viewLayer(settings, process))
)

/** The view now, and the frame for its text. */
const look = Effect.fn("status")(function* ({ metricsFile, repo: named }: Flags) {
  const place = yield* Effect.cached(newRun(yield* CurrentSettings, yield* ThisProcess))
  const facts = yield* withLimits(gatherFacts(place))
  yield* writeFacts(metricsFile, facts)
  const frame = yield* frameHere(named)
  return { frame, view: statusView(facts, { ...(yield* place), program: frame.program }) }
}, Effect.provide(services))

interface Shown {
  readonly exit: number
  readonly text: string
}

const ofRepository = (flags: Flags) =>
  Effect.map(look(flags), ({ frame, view }): Shown => ({
    exit: view.exit,
    text: flags.json ? encodeView(view) : statusText(view, frame, { all: flags.all })
  }))

const ofHost = ({ all, json }: Flags) =>
  Effect.map(Effect.all([seeHost, frameHere()]), ([{ seen, unreadable, view }, frame]): Shown => ({
    exit: view.exit,
    text: json ? encodeHost(view) : hostStatusText(seen, unreadable, frame, { all, host: view.host })
  }))

const status = Effect.fnUntraced(function* (flags: Flags) {
  const { allRepos, json: asJson, metricsFile, repo, watch } = flags
  const streams = yield* Streams
  if (allRepos && (Option.isSome(repo) || Option.isSome(metricsFile))) {
    return yield* new WrongUsage({
      what: "status --all-repos shows every repository, and takes neither --repo nor --metrics-file",
      next: "Leave one of them out"
    })
  }
  const shown = allRepos ? ofHost(flags) : ofRepository(flags)
  if (!watch) return yield* Effect.flatMap(shown, ({ exit, text }) => printResult(exit, text))
  if (!asJson && streams.width() !== undefined) {
    // Log lines would be printed into the screen.
    return yield* redrawn(Logger.withMinimumLogLevel(shown, LogLevel.None))
  }
  return yield* new WrongUsage({
    what: "status --watch needs a terminal for stdout, and prints no JSON",
    next: "Leave out --watch"
  })
})

export const statusCommand = Command.make("status", flags, status).pipe(
  Command.withDescription(
    "Show whether the runs came, what needs you and which command deals with it, what runs now, and how the providers do"
  ),
  Command.provide(({ allRepos, repo }) =>
    configured(() => Layer.empty, { flags: repoSetting(repo), withoutFile: allRepos })
  )
)
