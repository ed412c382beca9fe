using Spectre.Console;

namespace ActorDcp.Host.CommandLine;

/// <summary>Writes tables for people: coloured on a terminal, plain and of one width in a pipe.</summary>
internal static class TableConsole
{
    /// <summary>Width of tables that go into a pipe, where no terminal tells one.</summary>
    private const int PipeWidth = 160;

    public static IAnsiConsole On(TextWriter output)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = Console.IsOutputRedirected ? AnsiSupport.No : AnsiSupport.Detect,
        });
        if (Console.IsOutputRedirected)
            console.Profile.Width = PipeWidth;
        return console;
    }
}
