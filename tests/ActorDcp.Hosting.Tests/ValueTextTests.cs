using ActorDcp.Hosting.Configuration;

namespace ActorDcp.Hosting.Tests;

public sealed class ValueTextTests
{
    [Theory]
    [InlineData("20MiB", 20L << 20)]
    [InlineData(" 1 GiB ", 1L << 30)]
    [InlineData("1.5KiB", 1536)]
    [InlineData("10mb", 10_000_000)]
    [InlineData("4096", 4096)]
    [InlineData("0", 0)]
    public void Sizes_are_read(string text, long bytes) => Assert.Equal(bytes, ByteSize.Parse(text).Bytes);

    [Theory]
    [InlineData("")]
    [InlineData("MiB")]
    [InlineData("-1")]
    [InlineData("1e3")]
    [InlineData("1.5")]
    [InlineData("20XiB")]
    [InlineData("99999999999GiB")]
    public void What_is_no_size_is_refused(string text) => Assert.False(ByteSize.TryParse(text, out _));

    [Theory]
    [InlineData(20L << 20, "20MiB")]
    [InlineData(1536, "1536B")]
    [InlineData(0, "0B")]
    public void Sizes_are_written_in_the_largest_even_unit(long bytes, string text) => Assert.Equal(text, new ByteSize(bytes).ToString());

    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("5s", 5_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("2m", 120_000)]
    [InlineData("1h", 3_600_000)]
    public void Durations_are_read(string text, double milliseconds)
    {
        Assert.True(DurationText.TryParse(text, out var duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData("5")]
    [InlineData("-5s")]
    [InlineData("s")]
    [InlineData("00:00:05")]
    [InlineData("1d")]
    [InlineData("1e300h")]
    public void What_is_no_duration_is_refused(string text) => Assert.False(DurationText.TryParse(text, out _));

    [Theory]
    [InlineData("a", "a", 0)]
    [InlineData("Windw", "Window", 1)]
    [InlineData("window", "Window", 0)]
    [InlineData("", "abc", 3)]
    public void Edit_distances_count_letters(string left, string right, int distance) =>
        Assert.Equal(distance, EditDistance.Between(left, right));

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("localhost", true)]
    [InlineData("::1", true)]
    [InlineData("[::1]", true)]
    [InlineData("127.8.8.8", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("localhost.example.com", false)]
    public void Loopback_is_told_apart(string host, bool loopback) => Assert.Equal(loopback, Loopback.Is(host));
}
