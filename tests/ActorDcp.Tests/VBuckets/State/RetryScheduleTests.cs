using ActorDcp.VBuckets.State;

namespace ActorDcp.Tests.VBuckets.State;

public sealed class RetryScheduleTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);
    private static readonly RetrySchedule Schedule =
        new(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));

    [Fact]
    public void Each_failure_doubles_the_wait_up_to_the_most()
    {
        var schedule = Schedule;
        var now = Start;
        var waits = new List<double>();
        for (var i = 0; i < 6; i++)
        {
            schedule = schedule.Failed(now, random: 0.5);
            waits.Add(schedule.WaitFrom(now).TotalMilliseconds);
            now = schedule.NextTry!.Value;
        }

        Assert.Equal([100, 200, 400, 800, 1000, 1000], waits);
    }

    [Fact]
    public void Waits_are_spread_by_a_fifth_either_way()
    {
        Assert.Equal(TimeSpan.FromMilliseconds(80), Schedule.Failed(Start, 0).WaitFrom(Start));
        Assert.Equal(TimeSpan.FromMilliseconds(120), Schedule.Failed(Start, 1).WaitFrom(Start));
    }

    [Fact]
    public void A_while_without_failure_begins_anew_but_a_long_wait_does_not_count_as_one()
    {
        var patient = Schedule with { Most = TimeSpan.FromMinutes(5), StableAfter = TimeSpan.FromSeconds(30) };
        for (var i = 0; i < 10; i++)
            patient = patient.Failed(patient.NextTry ?? Start, 0.5);

        Assert.Equal(11, patient.Failed(patient.NextTry!.Value.AddSeconds(29), 0.5).Failures);
        Assert.Equal(1, patient.Failed(patient.NextTry!.Value.AddSeconds(30), 0.5).Failures);
    }

    [Fact]
    public void Thousands_of_failures_never_overflow()
    {
        var schedule = Schedule;
        for (var i = 0; i < 5_000; i++)
            schedule = schedule.Failed(schedule.NextTry ?? Start, 1);

        Assert.Equal(TimeSpan.FromSeconds(1.2), schedule.NextTry - schedule.LastFailure);
        Assert.Equal(0, schedule.Reset().Failures);
    }
}
