import * as Options from "@effect/cli/Options"
import { Effect, Option } from "effect"
import type { Host } from "../domain/Host.ts"
import type { Mark } from "../domain/Identity.ts"
import type { Pause, PauseCover } from "../domain/Pause.ts"
import { CurrentSettings } from "../domain/Settings.ts"
import { Fleet } from "../journal/Fleet.ts"
import { Journal } from "../journal/Journal.ts"
import { WrongUsage } from "./exit.ts"
import { hostMeant } from "./hostMeant.ts"

/** Whose pause is meant, of the hosts that share a journal. */
export const coverOptions = {
  host: Options.text("host").pipe(
    Options.withPseudoName("name"),
    Options.optional,
    Options.withDescription("Another host that shares the journal; else the host that you are on")
  ),
  fleet: Options.boolean("fleet").pipe(Options.withDescription("All hosts that share the journal"))
}

interface CoverFlags {
  readonly host: Option.Option<string>
  readonly fleet: boolean
}

/** What a pause covers, and the hosts that share the journal; in SQLite neither. */
export interface Covered {
  readonly covers: PauseCover | undefined
  readonly hosts: ReadonlyArray<Host>
  /** The host that you are on. */
  readonly here: Mark
}

/** What these flags mean. Fails if there is no such host, or if the journal is one host's alone. */
export const coveredBy = Effect.fn("pause.coveredBy")(function* (flags: CoverFlags) {
  const [fleet, { identity }, settings] = yield* Effect.all([Fleet, Journal, CurrentSettings])
  const here = identity.mark
  const isNamed = flags.fleet || Option.isSome(flags.host)
  if (settings.journal === undefined && isNamed) {
    return yield* new WrongUsage({
      what: "--host and --fleet are for hosts that share a journal on Postgres: the setting journal names no database"
    })
  }
  if (flags.fleet && Option.isSome(flags.host)) {
    return yield* new WrongUsage({ what: "--host and --fleet do not go together" })
  }
  const hosts = yield* fleet.hosts
  if (flags.fleet) return { covers: "fleet", hosts, here } satisfies Covered
  const own = hosts.find(({ mark }) => mark === here)
  const meant = Option.isSome(flags.host) ? yield* hostMeant(hosts, flags.host.value) : own
  const covers = meant && { mark: meant.mark, name: meant.name }
  return { covers, hosts, here } satisfies Covered
})

/** What a pause covers, as a sentence; none where the journal is one host's alone. */
export const coverInWords = ({ covers, here, hosts }: Covered): ReadonlyArray<string> => {
  if (covers === undefined) return []
  if (covers === "fleet")
    return [`It covers all hosts: ${hosts.map(({ name }) => name).join(", ")}, and those to come.`]
  const which = covers.mark === here ? `this host, ${covers.name}` : covers.name
  return hosts.length < 2
    ? [`It covers ${which}.`]
    : [`It covers ${which}. The other hosts go on; for all: nightly-dispatch pause --fleet`]
}

/** The pauses that are still in force on the hosts that are meant, each once. */
export const stillPaused = ({ covers }: Covered, hosts: ReadonlyArray<Host>): ReadonlyArray<Pause> => {
  const meant = hosts.filter(({ mark }) => typeof covers !== "object" || covers.mark === mark)
  const pauses = meant.flatMap(({ paused }) => (paused === undefined ? [] : [paused]))
  const isOfAll = ({ covers }: Pause) => typeof covers !== "object"
  const ofAll = pauses.find(isOfAll)
  return [...(ofAll === undefined ? [] : [ofAll]), ...pauses.filter((pause) => !isOfAll(pause))]
}
