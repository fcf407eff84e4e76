// What @segment/analytics-react-native asks React Native for, without a phone.
export const AppState = { currentState: "active", addEventListener: () => ({ remove() {} }) };
export const Platform = { OS: "node", select: (choices) => choices.default };
export class NativeEventEmitter {
  addListener() {
    return { remove() {} };
  }
}
export const NativeModules = {
  Sovran: {},
  AnalyticsReactNative: {
    getContextInfo: async () => ({
      appName: "e2e", appVersion: "1.0.0", buildNumber: "1", bundleId: "test.e2e",
      deviceId: "d-1", deviceName: "none", deviceType: "none", manufacturer: "none", model: "none",
      screenWidth: 1, screenHeight: 1, screenDensity: 1,
      osName: "Node.js", osVersion: process.version, locale: "en-GB", timezone: "UTC", networkType: "wifi",
    }),
  },
};
