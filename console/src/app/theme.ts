import type { ThemeConfig } from 'antd';

/** Restrained blue, small corners, dense: as offices know it. */
export const theme: ThemeConfig = {
  hashed: false,
  cssVar: false,
  token: {
    colorPrimary: '#174a8c',
    colorLink: '#174a8c',
    // What Ant Design would derive is too pale to be read on a marked row.
    colorLinkHover: '#0f3566',
    colorLinkActive: '#0f3566',
    colorError: '#b3121d',
    colorText: '#1f2329',
    colorTextSecondary: '#4a5260',
    colorTextPlaceholder: '#626b7a',
    colorTextDescription: '#4a5260',
    colorBorder: '#b9c2d0',
    colorBgLayout: '#eef1f6',
    borderRadius: 2,
    fontSize: 14,
    motion: false,
    fontFamily: '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Micro Hei", system-ui, sans-serif',
  },
  components: {
    Table: { headerBg: '#e6ecf5', headerColor: '#1f2329', cellPaddingBlockSM: 6, rowHoverBg: '#f2f6fc' },
    Card: { headerBg: '#f5f8fc' },
  },
};
