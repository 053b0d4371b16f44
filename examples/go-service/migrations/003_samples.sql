INSERT INTO parcels (code, recipient, depot, grams, created_at) VALUES
    ('PX-0001', 'A. Lovelace', 'BER', 1200, '2025-01-10T09:00:00Z'),
    ('PX-0002', 'C. Shannon', 'LIS', 350, '2025-01-11T10:30:00Z');

INSERT INTO events (parcel, status, depot, at) VALUES
    (1, 'registered', 'BER', '2025-01-10T09:00:00Z'),
    (1, 'departed', 'BER', '2025-01-10T19:15:00Z'),
    (2, 'registered', 'LIS', '2025-01-11T10:30:00Z');
