using System.CommandLine;

namespace ActorDcp.Host.CommandLine;

/// <summary>A secret from its option, else the first line of a file, else an environment variable.</summary>
internal static class Secrets
{
    public static string? Read(ParseResult arguments, Option<string?> given, Option<string?> file, string variable)
    {
        if (arguments.GetValue(given) is { Length: > 0 } secret)
            return secret;
        if (arguments.GetValue(file) is not { Length: > 0 } path)
            return Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;
        try
        {
            return File.ReadLines(path).FirstOrDefault() is { Length: > 0 } line
                ? line
                : throw new UsageException($"{file.Name} \"{path}\" is empty: put the secret on its first line");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{file.Name} \"{path}\" cannot be read ({e.Message}): name a file that this process may read", e);
        }
    }
}
