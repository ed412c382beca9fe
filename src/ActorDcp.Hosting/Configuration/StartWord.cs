using ActorDcp.Hosting.Offsets;

namespace ActorDcp.Hosting.Configuration;

/// <summary>What <see cref="ActorDcpOptions.Start"/> may say: one of two words, or the path of a file of offsets.</summary>
internal static class StartWord
{
    public const string Beginning = "beginning";
    public const string Now = "now";

    public static bool IsFile(string start) => start is not (Beginning or Now);

    /// <summary>Null, or what is wrong and how to mend it.</summary>
    public static string? Check(string start)
    {
        if (!IsFile(start))
            return null;
        if (!File.Exists(start))
            return "is neither beginning nor now, and there is no such file: write one of the words, or the path of a file of offsets";
        try
        {
            OffsetsFile.Read(start);
            return null;
        }
        catch (InvalidDataException e)
        {
            return $"cannot be used: {e.Message}";
        }
    }
}
