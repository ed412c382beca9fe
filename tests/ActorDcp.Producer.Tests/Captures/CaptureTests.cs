namespace ActorDcp.Producer.Tests.Captures;

/// <summary>
/// The embedded producer answers the client side of every capture as the recorded Couchbase node did, but for the fields that
/// <c>allowed-differences.txt</c> names.
/// </summary>
public sealed class CaptureTests(PlayedCaptures played) : IClassFixture<PlayedCaptures>
{
    private const int TurnsRecorded = 448;
    private const int LeastTurnsPlayed = 50;

    public static TheoryData<string> Names => new(Capture.Names);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_producer_answers_as_the_recorded_node(string capture)
    {
        var differences = (await played.OfAsync(capture)).Differences;
        Assert.True(differences.Count == 0, $"{capture} differs:\n{string.Join('\n', differences)}");
    }

    [Fact]
    public async Task Every_allowed_difference_is_needed_by_a_capture()
    {
        var idle = new List<AllowedDifference>(AllowedDifference.All);
        foreach (var capture in Capture.Names)
        {
            var needed = (await played.OfAsync(capture)).Needed;
            idle.RemoveAll(needed.Contains);
        }
        Assert.True(idle.Count == 0, $"without these nothing would differ:\n{string.Join('\n', idle)}");
    }

    [Fact]
    public void Streams_took_turns_on_the_recorded_node()
    {
        var turns = 0;
        foreach (var capture in Capture.Names.Select(Capture.Load))
            foreach (var connection in capture.Events.Where(captured => !captured.IsClose).GroupBy(captured => captured.Connection))
            {
                var order = new StreamTurns();
                foreach (var captured in connection)
                    if (captured.FromClient)
                        order.Pause();
                    else
                        order.Add(captured.Frame);
                Assert.Empty(order.Unfair().Select(unfair => $"{capture.Name}: {unfair}"));
                turns += order.Checked;
            }
        Assert.Equal(TurnsRecorded, turns);
    }

    [Fact]
    public void A_stream_that_is_passed_over_is_noticed()
    {
        var messages = Capture.Load("basics-memory-full").Events.Where(captured => captured.IsStreamMessage).Select(captured => captured.Frame).ToList();
        // in the middle, where several streams take turns
        var place = messages.Count / 2;
        Assert.NotEqual(messages[place].Header.Opaque, messages[place + 1].Header.Opaque);
        (messages[place], messages[place + 1]) = (messages[place + 1], messages[place]);
        var order = new StreamTurns();
        messages.ForEach(order.Add);
        Assert.NotEmpty(order.Unfair());
    }

    [Fact]
    public void A_value_that_stands_for_two_others_is_noticed()
    {
        var renamed = new RenamedFields();
        const string Frame = "answer GetClusterConfig";
        Assert.True(renamed.Fits(Frame, "value.rev", "7", "1"));
        Assert.True(renamed.Fits(Frame, "value.rev", "8", "2"));
        Assert.True(renamed.Fits(Frame, "value.rev", "7", "1"));
        Assert.False(renamed.Fits(Frame, "value.rev", "7", "2"));
        Assert.False(renamed.Fits(Frame, "value.rev", "9", "2"));
        Assert.True(renamed.Fits(Frame, "value.nodeLocator", "a", "b"));
        Assert.True(renamed.Fits(Frame, "value.nodeLocator", "a", "c"));
    }

    [Fact]
    public async Task The_turns_that_streams_took_were_looked_at()
    {
        var turns = 0;
        foreach (var capture in Capture.Names)
            turns += (await played.OfAsync(capture)).TurnsChecked;
        // how many streams are ready at once is up to the speed of both sides
        Assert.True(turns > LeastTurnsPlayed, $"only {turns} turns were determined");
    }
}
