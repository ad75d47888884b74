import { Effect, Layer, Logger, LogLevel, Option } from "effect"
import { withLimits } from "../../dispatch/limits/limitedServices.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { inOneLook } from "../../exec/oneLook.ts"
import { viewLayer } from "../../layer.ts"
import { newRun } from "../../locate.ts"
import { gatherFacts } from "../../report/needs/gatherFacts.ts"
import { StatusView, statusView } from "../../report/status/statusView.ts"
import { HostStatusView, hostStatusText } from "../../report/status/hostStatus.ts"
import { statusText } from "../../report/status/text.ts"
import { ThisProcess } from "../../surroundings.ts"
import { Configuration } from "../Configuration.ts"
import type { StatusFlags } from "../commands/status.ts"
import { WrongUsage } from "../exit.ts"
import { frameHere } from "../frame.ts"
import { seeHost } from "../hostStatus.ts"
import { writeFacts } from "../telemetry/metrics.ts"
import { redrawn } from "../terminal/redrawn.ts"
import { printResult, Streams } from "../terminal/Streams.ts"
import { jsonDocument } from "../rendering/jsonDocument.ts"

const encodeHost = jsonDocument(HostStatusView)
const encodeView = jsonDocument(StatusView)

/** What a view is read from, made anew for each view: while one is watched, the first run may make the journal. */
const services = Layer.unwrapEffect(
  Effect.map(Effect.all([Configuration, ThisProcess]), ([{ settings }, process]) => viewLayer(settings, process))
)

/** The view now, and the frame for its text. */
const look = Effect.fn("status")(
  function* ({ metricsFile, repo: named }: StatusFlags) {
    const place = yield* Effect.cached(newRun(yield* CurrentSettings, yield* ThisProcess))
    const facts = yield* withLimits(gatherFacts(place))
    yield* writeFacts(metricsFile, facts)
    const frame = yield* frameHere(named)
    return { frame, view: statusView(facts, { ...(yield* place), program: frame.program }) }
  },
  Effect.provide(services),
  inOneLook
)

interface Shown {
  readonly exit: number
  readonly text: string
}

const ofRepository = (flags: StatusFlags) =>
  Effect.map(look(flags), ({ frame, view }): Shown => ({
    exit: view.exit,
    text: flags.json ? encodeView(view) : statusText(view, frame, { all: flags.all })
  }))

const ofHost = ({ all, json }: StatusFlags) =>
  Effect.map(Effect.all([seeHost, frameHere()]), ([{ seen, unreadable, view }, frame]): Shown => ({
    exit: view.exit,
    text: json ? encodeHost(view) : hostStatusText(seen, unreadable, frame, { all, host: view.host })
  }))

export const status = Effect.fnUntraced(function* (flags: StatusFlags) {
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
