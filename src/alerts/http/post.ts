import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { Clock, DateTime, Duration, Effect, Either, Encoding, Option, Stream } from "effect"
import { Redact, type Redactor } from "../../domain/Redaction.ts"
import { oneLine } from "../../domain/Text.ts"
import { SendFailed } from "../SendFailed.ts"

/** What is sent, and to where. */
export interface Post {
  /** A name and a password in it are sent as `Authorization: Basic`: `fetch` refuses such an address. */
  readonly address: URL
  readonly body: string
  /** Default: `text/plain; charset=utf-8`. */
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
  /** The longest that the answer may take. */
  readonly limit: Duration.DurationInput
}

/** How much of an answer is read, for its words. Bytes. */
const ANSWER_LENGTH = 1000

const NO_SERVER = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "ECONNABORTED"])

/** The error code somewhere below a failure of `fetch`. */
const codeBelow = (error: unknown, depth = 5): string | undefined => {
  if (typeof error !== "object" || error === null || depth === 0) return undefined
  if ("code" in error && typeof error.code === "string") return error.code
  if ("errors" in error && Array.isArray(error.errors)) return codeBelow(error.errors[0], depth - 1)
  return "cause" in error ? codeBelow(error.cause, depth - 1) : undefined
}

const notSent = (error: unknown): SendFailed => {
  const code = codeBelow(error)
  const isUnreachable = code !== undefined && (NO_SERVER.has(code) || code.includes("CERT"))
  return new SendFailed({
    reason: isUnreachable ? "unreachable" : "unknown",
    detail: isUnreachable ? `no server answers there (${code})` : `the connection broke (${code ?? "unknown error"})`
  })
}

/** `Retry-After`: seconds, or a date. Milliseconds from now. */
const retryAfterOf = (header: string | undefined, now: number): number | undefined => {
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

const refusal = (status: number, words: string, retryAfter: number | undefined): SendFailed => {
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

const decoded = (part: string): string => Either.getOrElse(Encoding.decodeUriComponent(part), () => part)

/** The name and the password in an address, as `Authorization` has them; `undefined` if there are none. */
export const loginOf = ({ password, username }: URL): string | undefined =>
  username === "" && password === "" ? undefined : Encoding.encodeBase64(`${decoded(username)}:${decoded(password)}`)

const requestTo = ({ address, body, headers = {}, type = "text/plain; charset=utf-8" }: Post) => {
  const login = loginOf(address)
  const place = new URL(address)
  place.username = ""
  place.password = ""
  return HttpClientRequest.post(place).pipe(
    HttpClientRequest.setHeaders({
      "user-agent": "nightly-dispatch",
      ...(login === undefined ? {} : { authorization: `Basic ${login}` }),
      ...headers
    }),
    HttpClientRequest.bodyText(body, type)
  )
}

/** The beginning of an answer, on one line and without secrets. An answer that cannot be read has no words. */
const wordsOf = (response: HttpClientResponse.HttpClientResponse, redact: Redactor) =>
  response.stream.pipe(
    Stream.decodeText(),
    Stream.scan("", (text, part) => text + part),
    Stream.takeUntil((text) => text.length >= ANSWER_LENGTH),
    Stream.runLast,
    Effect.map((text) => oneLine(redact(Option.getOrElse(text, () => "")), 200)),
    Effect.timeout("1 second"),
    Effect.orElseSucceed(() => "")
  )

/**
 * Sends one message by POST. Any status of 200 to 299 is a success; a redirection is not followed, so that no other server gets
 * what is sent. Fails with `SendFailed`, whose words never name the address: a server may repeat it in its answer, so `Redact`
 * should know it. The request is in no trace, because its span would name the address.
 *
 * @example
 * post({ address: new URL("https://example.com/hook"), body: "hello", limit: "2 seconds" })
 */
export const post = (message: Post): Effect.Effect<void, SendFailed, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const client = HttpClient.withScope(yield* HttpClient.HttpClient)
    const response = yield* Effect.mapError(client.execute(requestTo(message)), notSent)
    const { status } = response
    if (status >= 200 && status < 300) return
    const retryAfter = retryAfterOf(response.headers["retry-after"], yield* Clock.currentTimeMillis)
    return yield* refusal(status, yield* wordsOf(response, yield* Redact), retryAfter)
  }).pipe(
    Effect.scoped,
    Effect.timeoutFail({
      duration: message.limit,
      onTimeout: () =>
        new SendFailed({
          reason: "unknown",
          detail: `no answer within ${Duration.format(Duration.decode(message.limit))}`
        })
    }),
    Effect.locally(HttpClient.currentTracerDisabledWhen, () => true),
    Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
    Effect.withSpan("alerts.post")
  )
