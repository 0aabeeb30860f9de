import { type Platform, platforms } from '../../shared/plugin-manifest.ts';

export const thisPlatform = (): Platform => platforms.find((platform) => platform === process.platform) ?? 'linux';
