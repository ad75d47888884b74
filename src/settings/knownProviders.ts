import { Array as Arr, Effect } from "effect"
import { nearest } from "../domain/spelling.ts"
import { presetCaps } from "../runner/local/presets.ts"
import type { LoadedSettings } from "./load.ts"
import { ConfigInvalid, problemAt } from "./problems.ts"

const presets: ReadonlyArray<string> = presetCaps.map(([name]) => name)

/**
 * Fails with all providers of the chain that the local runner cannot start: without a preset of that name and without a `command`
 * of their own. Which adapters a `dx-runner` has, only that can tell.
 *
 * @example
 * requireKnownProviders(loaded, undefined) // ConfigInvalid: providers[0].name: … did you mean opencode?
 */
export const requireKnownProviders = (
  { described, placeOf, settings }: Pick<LoadedSettings, "described" | "placeOf" | "settings">,
  dxRunner: string | undefined
): Effect.Effect<void, ConfigInvalid> => {
  if (dxRunner !== undefined) return Effect.void
  const problems = settings.providers.flatMap(({ command, name }, index) => {
    if (command !== undefined || presets.includes(name)) return []
    const meant = nearest(name, [...presets, ...described.filter((other) => other !== name)])
    const next = meant === undefined ? `there are ${presets.join(", ")}.` : `did you mean ${meant}?`
    const message = `the local runner does not know ${name}, ${next} Another agent needs a command`
    const path = ["providers", index, "name"]
    return [problemAt(path, message, placeOf(path))]
  })
  return Arr.isNonEmptyArray(problems) ? Effect.fail(new ConfigInvalid({ problems })) : Effect.void
}
