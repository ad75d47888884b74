import { WorkspaceFailed } from "../domain/Failure.ts"

/** There is no repository to work on where the settings or the working directory say. Every bug would meet it. */
export const noRepository = (detail: string, next = "Correct repo or repoPath"): WorkspaceFailed =>
  new WorkspaceFailed({ detail, next, kind: "no_repository", blame: "config" })
