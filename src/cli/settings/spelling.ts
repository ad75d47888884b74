import { Provider } from "../../domain/Provider.ts"
import { nearest, plainSpelling } from "../../domain/spelling.ts"
import { isSettingsKey, keysUnder, SETTINGS_KEYS } from "./keys.ts"

/** The message about an unknown key. Suggests a similar key of the same section, else of another section. */
export const unknownKey = (path: ReadonlyArray<PropertyKey>): string => {
  const word = String(path.at(-1))
  if (path.length === 1 && isSettingsKey(word)) {
    const [section, key] = word.split(".")
    return `unknown key, write ${key} under ${section}`
  }
  const beside = path[0] === "providers" ? Object.keys(Provider.fields) : keysUnder(path.slice(0, -1))
  const elsewhere = SETTINGS_KEYS.find((key) => plainSpelling(key.slice(key.indexOf(".") + 1)) === plainSpelling(word))
  const meant = nearest(word, beside) ?? elsewhere
  return meant === undefined
    ? `unknown key, expected one of ${beside.join(", ")}`
    : `unknown key, did you mean ${meant}?`
}
