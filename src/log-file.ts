export { fileLog, type FileLogOptions, type FileLogPlan } from './log/file/file-log-plan.js';
export { writeSnapshot } from './log/file/snapshot-file.js';
export type { Disk, DiskFile } from './log/file/disk.js';
export type { Host, Owner } from './log/file/host.js';
export type { FollowedLog } from './log/byte-log.js';
export type { LogRepair } from './log/file/repair.js';
export type { FileReport } from './log/file/file-report.js';
export type { LogReport } from './log/file/verify.js';
