module.exports = {
  images: { remotePatterns: [{ protocol: "http", hostname: "**" }], dangerouslyAllowSVG: true },
  productionBrowserSourceMaps: true,
  env: { STRIPE_SECRET_KEY: process.env.STRIPE_SECRET_KEY },
};
