import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { Clock, Duration, Effect, Option, Stream } from "effect"
import { Redact, type Redactor } from "../../domain/Redaction.ts"
import { oneLine } from "../../domain/Text.ts"
import { SendFailed } from "../SendFailed.ts"
import { loginOf, withoutLogin } from "./address.ts"
import { notSent, refusal, retryAfterOf } from "./answers.ts"

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

const requestTo = ({ address, body, headers = {}, type = "text/plain; charset=utf-8" }: Post) => {
  const login = loginOf(address)
  return HttpClientRequest.post(withoutLogin(address)).pipe(
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
