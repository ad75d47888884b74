/** The adapters that dx-runner comes with, and how many jobs of each it runs at once. A host may have its own. */
export const DEFAULT_CAPS = { opencode: 2, "claude-code": 1, "cc-glm": 2, gemini: 1 }
