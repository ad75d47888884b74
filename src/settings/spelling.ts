import { AlertKind } from "../domain/AlertKind.ts"
import { Provider } from "../domain/Provider.ts"
import { nearest, plainSpelling } from "../domain/spelling.ts"
import { isSettingsKey, keysUnder, SETTINGS_KEYS } from "./keys.ts"

/** The keys of the record at this path. */
const keysAt = (path: ReadonlyArray<PropertyKey>): ReadonlyArray<string> => {
  if (path[0] === "providers") return Object.keys(Provider.fields)
  return path.join(".") === "alerts.kinds" ? AlertKind.literals : keysUnder(path)
}

/** The message about an unknown key. Suggests a similar key of the same section, else of another section. */
export const unknownKey = (path: ReadonlyArray<PropertyKey>): string => {
  const word = String(path.at(-1))
  if (path.length === 1 && isSettingsKey(word)) {
    const [section, key] = word.split(".")
    return `unknown key, write ${key} under ${section}`
  }
  const beside = keysAt(path.slice(0, -1))
  const elsewhere = SETTINGS_KEYS.find((key) => plainSpelling(key.slice(key.indexOf(".") + 1)) === plainSpelling(word))
  const meant = nearest(word, beside) ?? elsewhere
  return meant === undefined
    ? `unknown key, expected one of ${beside.join(", ")}`
    : `unknown key, did you mean ${meant}?`
}
