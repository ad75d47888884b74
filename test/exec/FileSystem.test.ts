import * as Platform from "@effect/platform/FileSystem"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import * as FileSystem from "../../src/exec/FileSystem.ts"

it.effect("the file system is the service of @effect/platform", () =>
  Effect.gen(function* () {
    const files = Platform.makeNoop({})
    const found = yield* Effect.provideService(FileSystem.FileSystem, Platform.FileSystem, files)
    assert.strictEqual(found, files)
  })
)
