// In the place of react-native-get-random-values: Node.js 18 has it under another name.
import { webcrypto } from "node:crypto";

globalThis.crypto ??= webcrypto;
