import { Effect, Either, Schema } from "effect"
import { BeadsCli } from "../../../beads/BeadsCli.ts"
import type { Settings } from "../../../domain/Settings.ts"
import { oneLine } from "../../../domain/Text.ts"
import { Exec } from "../../../exec/Exec.ts"
import { findTools, repositoryOf } from "../../../locate.ts"
import { lacksCredentials, presetCommands } from "../../../runner/local/presets.ts"
import type { Surroundings } from "../../../surroundings.ts"
import { localNamedBase, shownName } from "../../../workspace/git/base.ts"
import { makeGit } from "../../../workspace/git/command.ts"

/** A thing that was looked for: what it is, or why it cannot be used. */
const Answer = Schema.Union(
  Schema.Struct({ _tag: Schema.tag("Found"), detail: Schema.String }),
  Schema.Struct({ _tag: Schema.tag("Unusable"), why: Schema.String })
)

/** What there is on this host for a settings file to be about. */
export const Found = Schema.Struct({
  /** The clone, and the branch that work starts from; `null` if there is no git repository here. */
  repository: Schema.NullOr(Schema.Struct({ path: Schema.String, base: Answer })),
  /** The directory of the tracker, and what it answers; `null` if there is none. */
  tracker: Schema.NullOr(Schema.Struct({ directory: Schema.String, answer: Answer })),
  /** The command of dx-runner; `null` if jobs run as local processes. */
  dxRunner: Schema.NullOr(Schema.String),
  /** Providers whose tool is on PATH, in the order of the built-in chain; `lacks`: what such a provider still needs. */
  providers: Schema.Array(
    Schema.Struct({ name: Schema.String, command: Schema.String, lacks: Schema.optional(Schema.String) })
  )
})
export type Found = typeof Found.Type

/** The answer of an effect that may fail; its failure is what a person gets to read. */
const answerOf = <E extends { readonly message: string }, R>(
  effect: Effect.Effect<string, E, R>
): Effect.Effect<typeof Answer.Type, never, R> =>
  Effect.match(effect, {
    onFailure: ({ message }) => ({ _tag: "Unusable", why: oneLine(message) }),
    onSuccess: (detail) => ({ _tag: "Found", detail })
  })

const lookAtRepository = Effect.fn("config.init.repository")(function* (settings: Settings, process: Surroundings) {
  const repository = yield* Effect.either(repositoryOf(settings, process))
  if (Either.isLeft(repository)) return null
  const git = makeGit(yield* Exec, { timeout: "10 seconds", allowFilters: [] })
  const base = Effect.flatMap(localNamedBase(git, repository.right, settings.workspace.base), (base) =>
    shownName(git, repository.right.path, base)
  )
  return { path: repository.right.path, base: yield* answerOf(base) }
})

/** By what the tracker is read, and how many open bugs a run would find now. */
const askTracker = Effect.fn("config.init.bugs")(function* ({ intake, timeouts }: Settings) {
  const tracker = yield* BeadsCli
  const count = Effect.map(
    Effect.all([tracker.version, tracker.openBugs(intake)]),
    ([version, { issues, malformed }]) =>
      `${version}, ${issues.length} open ${issues.length === 1 ? "bug" : "bugs"} of P0 to P${intake.maxPriority}` +
      (malformed.length === 0 ? "" : `, and ${malformed.length} that cannot be read`)
  )
  return yield* count.pipe(
    Effect.timeoutFail({
      duration: timeouts.beads,
      onTimeout: () => ({ message: "the tracker does not answer in time" })
    }),
    answerOf
  )
})

/** Looks for the repository, the tracker and the agents. Writes nothing. Never fails: what cannot be used is said. */
export const look = Effect.fn("config.init.look")(function* (settings: Settings, process: Surroundings) {
  const exec = yield* Exec
  const { beadsDir, dxRunner } = yield* findTools(settings, process)
  const providers = yield* Effect.filter(presetCommands, ([, command]) =>
    Effect.map(exec.which(command), (file) => file !== undefined)
  )
  return {
    repository: yield* lookAtRepository(settings, process),
    tracker: beadsDir === undefined ? null : { directory: beadsDir, answer: yield* askTracker(settings) },
    dxRunner: dxRunner ?? null,
    providers: providers.map(([name, command]) => ({
      name,
      command,
      lacks: lacksCredentials(name, process.environment)
    }))
  } satisfies Found
})
