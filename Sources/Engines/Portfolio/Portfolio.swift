// Portfolio
