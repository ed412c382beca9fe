using ActorDcp.Persistence;

namespace ActorDcp.Tests.Persistence;

public sealed class RetainedBoundariesTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Boundaries_of_one_span_are_represented_by_the_newest()
    {
        var boundaries = RetainedBoundaries.None;
        for (var i = 1; i <= 100; i++)
            boundaries = Add(boundaries, (ulong)i, Start.AddMilliseconds(i));

        Assert.Equal(new Seqno(100), Assert.Single(boundaries.OldestFirst).Seqno);
    }

    [Fact]
    public void The_newest_at_or_below_a_seqno_is_found()
    {
        var boundaries = Spread(120, 180, 220);

        Assert.Equal(new Seqno(180), boundaries.NewestAtOrBelow(new Seqno(200))?.Seqno);
        Assert.Equal(new Seqno(180), boundaries.NewestAtOrBelow(new Seqno(180))?.Seqno);
        Assert.Equal(new Seqno(220), boundaries.NewestAtOrBelow(Seqno.Max)?.Seqno);
        Assert.Null(boundaries.NewestAtOrBelow(new Seqno(119)));
        Assert.Null(RetainedBoundaries.None.NewestAtOrBelow(Seqno.Max));
    }

    [Fact]
    public void Seqnos_compare_unsigned()
    {
        var boundaries = Spread(5, 0x8000_0000_0000_0000, ulong.MaxValue);

        Assert.Equal(3, boundaries.Count);
        Assert.Equal(new Seqno(0x8000_0000_0000_0000), boundaries.NewestAtOrBelow(new Seqno(0xf000_0000_0000_0000))?.Seqno);
        Assert.Equal(boundaries, boundaries.TruncatedTo(Seqno.Max));
    }

    [Fact]
    public void Going_back_forgets_what_is_above()
    {
        Assert.Equal(Spread(120, 180), Spread(120, 180, 220).TruncatedTo(new Seqno(219)));
        Assert.Equal(Spread(120, 180, 220), Spread(120, 180, 220).TruncatedTo(new Seqno(220)));
        Assert.Equal(RetainedBoundaries.None, Spread(120, 180, 220).TruncatedTo(new Seqno(119)));
    }

    [Fact]
    public void A_boundary_below_the_newest_replaces_the_history_above_it()
    {
        var boundaries = Add(Spread(120, 180, 220), 150, Start.AddHours(1));

        Assert.Equal([120UL, 150UL], boundaries.OldestFirst.Select(boundary => boundary.Seqno.Value));
    }

    [Fact]
    public void A_clock_that_goes_back_stands_still()
    {
        var boundaries = Add(Add(RetainedBoundaries.None, 1, Start), 2, Start.AddDays(-1));

        var only = Assert.Single(boundaries.OldestFirst);
        Assert.Equal(new Seqno(2), only.Seqno);
        Assert.Equal(Start, only.HandledAt);
    }

    [Fact]
    public void A_steady_stream_keeps_one_in_two_seconds_of_the_last_minute_and_spaces_older_ones_logarithmically()
    {
        var boundaries = RetainedBoundaries.None;
        var now = Start;
        for (var i = 1; i <= 200_000; i++)
        {
            now = Start.AddSeconds(i);
            boundaries = Add(boundaries, (ulong)i, now);
        }

        var ages = boundaries.OldestFirst.Select(boundary => now - boundary.HandledAt).Reverse().ToList();
        Assert.InRange(ages.Count(age => age < RetainedBoundaries.RecentAge), 29, 32);
        for (var i = 1; i < ages.Count && ages[i] < RetainedBoundaries.RecentAge; i++)
            Assert.InRange(ages[i] - ages[i - 1], TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3));
        var older = ages.Where(age => age >= RetainedBoundaries.RecentAge).ToList();
        Assert.InRange(older.Count, 10, 32);
        for (var i = 1; i < older.Count; i++)
            Assert.InRange(older[i] / older[i - 1], 1.0, RetainedBoundaries.OlderRatio * RetainedBoundaries.OlderRatio * 1.1);
        Assert.True(older[^1] > TimeSpan.FromHours(24));
    }

    [Fact]
    public void A_month_of_boundaries_at_random_times_stays_bounded_and_ordered_and_keeps_the_newest()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var random = new Random(seed);
            var boundaries = RetainedBoundaries.None;
            var now = Start;
            var seqno = 0UL;
            for (var i = 0; i < 5_000; i++)
            {
                now = now.AddMilliseconds(Math.Pow(10, random.NextDouble() * 6.3));
                seqno += (ulong)random.Next(1, 50);
                if (random.Next(200) == 0)
                {
                    var back = new Seqno((ulong)random.NextInt64((long)seqno));
                    var expected = boundaries.NewestAtOrBelow(back);
                    boundaries = boundaries.TruncatedTo(back);
                    Assert.Equal(expected, boundaries.NewestAtOrBelow(Seqno.Max));
                    seqno = back.Value + 1;
                }
                var before = boundaries;
                boundaries = Add(boundaries, seqno, now, uuid: (ulong)(seed + i / 1000));

                Assert.InRange(boundaries.Count, 1, RetainedBoundaries.MaxCount);
                Assert.Equal(new Seqno(seqno), boundaries.OldestFirst[^1].Seqno);
                Assert.Equal(boundaries, RetainedBoundaries.From(boundaries.OldestFirst)); // From refuses what is out of order
                // nothing is invented: all but the newest were there before
                Assert.All(boundaries.OldestFirst[..^1], boundary => Assert.Contains(boundary, before.OldestFirst));
                Assert.Equal(boundaries, RetainedBoundariesCodec.Decode(RetainedBoundariesCodec.Encode(boundaries)));
            }
        }
    }

    internal static RetainedBoundaries Spread(params ulong[] seqnos)
    {
        var boundaries = RetainedBoundaries.None;
        for (var i = 0; i < seqnos.Length; i++)
            boundaries = Add(boundaries, seqnos[i], Start.AddSeconds(10 * i));
        return boundaries;
    }

    private static RetainedBoundaries Add(RetainedBoundaries boundaries, ulong seqno, DateTimeOffset at, ulong uuid = 1) =>
        boundaries.Add(new RetainedBoundary(new VBucketUuid(uuid), new Seqno(seqno), at), at);
}
