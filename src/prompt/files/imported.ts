import { importing } from "../../importedLayer.ts"

/**
 * `PromptStore` on files `<tempDir>/nightly-dispatch-<mark>-XXXXXX/<id>.prompt`: the directory is new for each prompt and has
 * mode 0700; the file has mode 0600 and is created exclusively. They are removed together.
 *
 * `keep` creates an empty file `kept` beside the prompt, so `sweep` can tell a job's prompt from the prompt of another
 * process's dispatch. `sweep` removes a prompt without `kept` only if this run released its bug's claim after it was
 * written, or if it is older than an hour, which no dispatch takes. Even then its job must have ended, because the process
 * may have died after it started the job. `uid` is our user, by default the process's.
 *
 * @example
 * PromptFiles.layer({ tempDir: "/tmp" })
 */
export const layer = importing(() => import("./PromptFiles.ts"))
