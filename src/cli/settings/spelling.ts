import * as AutoCorrect from "@effect/cli/AutoCorrect"
import * as CliConfig from "@effect/cli/CliConfig"
import { Array as Arr, Order } from "effect"
import { Provider } from "../../domain/Provider.ts"
import { isSettingsKey, keysUnder, SETTINGS_KEYS } from "./keys.ts"

const plain = (word: string): string => word.toLowerCase().replaceAll(/[_\-\s]/g, "")

const distance = (left: string, right: string): number =>
  AutoCorrect.levensteinDistance(plain(left), plain(right), CliConfig.defaultConfig)

/** The candidate with the most similar spelling; `undefined` if none is similar. Case, `_` and `-` do not count. */
export const nearest = (word: string, candidates: ReadonlyArray<string>): string | undefined => {
  if (word.length > 80) return undefined
  const near = candidates
    .map((candidate) => ({ candidate, distance: distance(word, candidate) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.min(3, Math.round(candidate.length / 3))))
  return Arr.sortWith(near, ({ distance }) => distance, Order.number)[0]?.candidate
}

/** The message about an unknown key. Suggests a similar key of the same section, else of another section. */
export const unknownKey = (path: ReadonlyArray<PropertyKey>): string => {
  const word = String(path.at(-1))
  if (path.length === 1 && isSettingsKey(word)) {
    const [section, key] = word.split(".")
    return `unknown key, write ${key} under ${section}`
  }
  const beside = path[0] === "providers" ? Object.keys(Provider.fields) : keysUnder(path.slice(0, -1))
  const elsewhere = SETTINGS_KEYS.find((key) => plain(key.slice(key.indexOf(".") + 1)) === plain(word))
  const meant = nearest(word, beside) ?? elsewhere
  return meant === undefined
    ? `unknown key, expected one of ${beside.join(", ")}`
    : `unknown key, did you mean ${meant}?`
}
