import { Duration, Effect, Either } from "effect"
import type { Provider } from "../../domain/Provider.ts"
import type { Settings } from "../../domain/Settings.ts"
import { oneLine } from "../../domain/Text.ts"
import { childEnvironment } from "../../exec/childEnvironment.ts"
import * as NodeExec from "../../exec/NodeExec.ts"
import { policyOf } from "../../onHost.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import { locateAgent } from "../../runner/local/locateAgent.ts"
import { presetOf } from "../../runner/local/presets.ts"
import type { Environment } from "../../surroundings.ts"
import { requireKnownProviders } from "../../settings/knownProviders.ts"
import type { LoadedSettings } from "../../settings/load.ts"
import type { Known } from "./cronRun.ts"
import { ok, problem, warning, type Area, type Finding } from "./Finding.ts"
import { findTool, isOnlyInShell, onlyInShell, type Both, type Tool } from "./tool.ts"

/** A provider of the chain. */
export interface ProviderFacts {
  readonly name: string
  /** Its own tool; `undefined` if only dx-runner knows which that is. */
  readonly tool: Tool | undefined
  /** By the local runner: whether the tool and its credentials are there, under cron and in the shell. */
  readonly located: { readonly cron: Known<void>; readonly shell: Known<void> } | undefined
  /** With `--online`: how long its preflight took, in milliseconds. Left: why it failed. */
  readonly online: Known<number> | undefined
}

export interface ChainFacts {
  readonly providers: ReadonlyArray<ProviderFacts>
  /** The providers that the local runner does not know. */
  readonly unknown: ReadonlyArray<string>
}

const ASSIGNMENT = { prompt: "", promptFile: "/dev/null", worktree: "/" }

/** What every start of a local job begins with, in this environment. */
const locate = (provider: Provider, settings: Settings, environment: Environment): Effect.Effect<Known<void>> =>
  locateAgent(provider, childEnvironment("agent", environment, {}, policyOf(settings)), ASSIGNMENT).pipe(
    Effect.asVoid,
    Effect.mapError(({ detail }) => detail),
    Effect.either,
    Effect.provide(NodeExec.layerWith({ environment }))
  )

const askOnline = Effect.fn("doctor.preflight")(function* (provider: Provider) {
  const runner = yield* DxRunner
  const answer = yield* Effect.either(runner.preflight(provider))
  return Either.mapBoth(answer, {
    onLeft: ({ message }) => oneLine(message),
    onRight: ({ duration }) => Duration.toMillis(duration)
  })
})

/** Looks up the tools of the chain, and with `isOnline` asks the runner for each provider's preflight: all at the same time. */
export const gatherProviders = Effect.fn("doctor.providers")(function* (
  loaded: LoadedSettings,
  dxRunner: string | undefined,
  both: Both,
  isOnline: boolean
) {
  const { settings } = loaded
  const known = yield* Effect.either(requireKnownProviders(loaded, dxRunner))
  const providers = yield* Effect.forEach(
    settings.providers,
    (provider) => {
      const command = provider.command?.[0] ?? presetOf(provider)?.command
      return Effect.all(
        {
          name: Effect.succeed<string>(provider.name),
          tool: command === undefined ? Effect.sync(() => undefined) : findTool(command, both),
          located:
            dxRunner === undefined
              ? Effect.all({
                  cron: locate(provider, settings, both.cron),
                  shell: locate(provider, settings, both.shell)
                })
              : Effect.sync(() => undefined),
          online: isOnline ? askOnline(provider) : Effect.sync(() => undefined)
        },
        { concurrency: "unbounded" }
      )
    },
    { concurrency: "unbounded" }
  )
  const unknown = Either.isLeft(known) ? known.left.problems.map(({ message }) => message) : []
  return { providers, unknown } satisfies ChainFacts
})

const AREA: Area = "provider"

type Verdict =
  | { readonly works: true; readonly how: string }
  | { readonly works: "unknown"; readonly why: string }
  | { readonly works: false; readonly why: string; readonly onlyInShell: boolean }

const verdictOf = ({ located, online, tool }: ProviderFacts): Verdict => {
  if (tool !== undefined && isOnlyInShell(tool)) return { works: false, onlyInShell: true, why: "" }
  const failed = (why: string, shell: boolean): Verdict => ({ works: false, why, onlyInShell: shell })
  if (located !== undefined && Either.isLeft(located.cron))
    return failed(located.cron.left, Either.isRight(located.shell))
  if (online !== undefined) {
    return Either.match(online, {
      onLeft: (why) => failed(why, false),
      onRight: (millis) => ({ works: true, how: `answered in ${(millis / 1000).toFixed(1)} s` })
    })
  }
  if (tool?.cron !== undefined) return { works: true, how: tool.cron }
  const why =
    tool === undefined ? "dx-runner knows its tool" : `${tool.name} is not on PATH, but dx-runner may find it elsewhere`
  return { works: "unknown", why }
}

/** `works`: whether another provider of the chain does, so that a run dispatches all the same. */
const findingOf = (facts: ProviderFacts, works: boolean): Finding => {
  const { name, tool } = facts
  const verdict = verdictOf(facts)
  if (verdict.works === true) return ok(AREA, `${name}: ${verdict.how}`)
  if (verdict.works === "unknown")
    return warning(AREA, `${name}: cannot tell, ${verdict.why}`, "nightly-dispatch doctor --online")
  if (verdict.onlyInShell) {
    return tool !== undefined && isOnlyInShell(tool)
      ? onlyInShell(AREA, { ...tool, name })
      : problem(
          AREA,
          `${name}: works in your shell, NOT under cron: ${verdict.why}`,
          "put the variable into ~/.config/nightly-dispatch/env, mode 0600"
        )
  }
  const mend =
    tool !== undefined && tool.cron === undefined
      ? `install ${tool.name}, or providers in the settings`
      : "nightly-dispatch preflight"
  return works ? warning(AREA, `${name}: ${verdict.why}`, mend) : problem(AREA, `${name}: ${verdict.why}`, mend)
}

export const providerFindings = ({ providers, unknown }: ChainFacts): ReadonlyArray<Finding> => {
  if (unknown.length > 0) return unknown.map((why) => problem(AREA, why, "nightly-dispatch config show"))
  const works = providers.some((each) => verdictOf(each).works !== false)
  return providers.map((each) => findingOf(each, works))
}
