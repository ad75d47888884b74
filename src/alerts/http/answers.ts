import { DateTime, Option } from "effect"
import { SendFailed } from "../SendFailed.ts"

const NO_SERVER = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "ECONNABORTED"])

/** The error code somewhere below a failure of `fetch`. */
const codeBelow = (error: unknown, depth = 5): string | undefined => {
  if (typeof error !== "object" || error === null || depth === 0) return undefined
  if ("code" in error && typeof error.code === "string") return error.code
  if ("errors" in error && Array.isArray(error.errors)) return codeBelow(error.errors[0], depth - 1)
  return "cause" in error ? codeBelow(error.cause, depth - 1) : undefined
}

/** Why a request got no answer. The words never name the address. */
export const notSent = (error: unknown): SendFailed => {
  const code = codeBelow(error)
  const isUnreachable = code !== undefined && (NO_SERVER.has(code) || code.includes("CERT"))
  return new SendFailed({
    reason: isUnreachable ? "unreachable" : "unknown",
    detail: isUnreachable ? `no server answers there (${code})` : `the connection broke (${code ?? "unknown error"})`
  })
}

/** `Retry-After`: seconds, or a date. Milliseconds from now. */
export const retryAfterOf = (header: string | undefined, now: number): number | undefined => {
  if (header === undefined) return undefined
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000
  // `DateTime` does not know the zone GMT, which such a date always has.
  return Option.getOrUndefined(
    Option.map(DateTime.make(header.replace(/GMT$/, "Z")), (date) => Math.max(0, DateTime.toEpochMillis(date) - now))
  )
}

const ADVICE: Readonly<Record<number, string>> = {
  401: "the address needs a login",
  403: "it may not post there",
  404: "the address is wrong, or was withdrawn",
  410: "the address was withdrawn"
}

/** What an answer means that is no success. `words` are those of the answer. */
export const refusal = (status: number, words = "", retryAfter?: number): SendFailed => {
  const said = words === "" ? "" : `: ${words}`
  if (status >= 300 && status < 400) {
    const detail = `the server answers ${status}: the address has moved, set the new one`
    return new SendFailed({ reason: "refused", detail })
  }
  const advice = ADVICE[status] === undefined ? "" : `, ${ADVICE[status]}`
  const isBusy = status === 408 || status === 425 || status === 429 || status >= 500
  const detail = `the server answers ${status}${advice}${said}`
  return new SendFailed({ reason: isBusy ? "busy" : "refused", retryAfter, detail })
}
