import type * as HttpClient from "@effect/platform/HttpClient"
import { Effect } from "effect"
import type { SendFailed } from "../SendFailed.ts"
import type { Post } from "./post.ts"

/** `post`, which imports the HTTP client with the first message. */
export const post = (message: Post): Effect.Effect<void, SendFailed, HttpClient.HttpClient> =>
  Effect.flatMap(
    Effect.promise(() => import("./post.ts")),
    ({ post }) => post(message)
  )
