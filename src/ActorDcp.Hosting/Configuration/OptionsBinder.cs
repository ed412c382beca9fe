using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace ActorDcp.Hosting.Configuration;

/// <summary>
/// Reads the section by the table of keys. What cannot be read, and every key that is not in the table, is kept for the validator,
/// so that a start reports all mistakes at once. Secrets come from files and from the environment as well.
/// </summary>
internal sealed class OptionsBinder(IConfiguration section, Func<string, string?> environment) : IConfigureOptions<ActorDcpOptions>
{
    public const string PasswordVariable = "ACTORDCP_PASSWORD";
    public const string TokenVariable = "ACTORDCP_TOKEN";

    public void Configure(ActorDcpOptions options)
    {
        foreach (var key in OptionKeys.All)
            Bind(options, key);
        foreach (var leaf in Leaves(section, ""))
            if (Find(leaf) is null)
                options.BindingErrors.Add(UnknownKey(leaf));
        options.IsPasswordFromFile = string.IsNullOrEmpty(options.Password) && !string.IsNullOrEmpty(options.PasswordFile);
        options.Password = Secret(options, options.Password, "PasswordFile", options.PasswordFile, PasswordVariable);
        options.Http.Token = Secret(options, options.Http.Token, "Http:TokenFile", options.Http.TokenFile, TokenVariable);
    }

    /// <summary>The message for a wrong value: key, value (unless secret) and the mend.</summary>
    public static string Wrong(OptionKey key, string? value, string mend) =>
        key.IsSecret
            ? $"{ActorDcpOptions.SectionName}:{key.Name} {mend}"
            : $"{ActorDcpOptions.SectionName}:{key.Name} = \"{value}\" {mend}";

    private void Bind(ActorDcpOptions options, OptionKey key)
    {
        var entry = section.GetSection(key.Name);
        var text = entry.Value;
        if (key.IsList && text is null && entry.GetChildren().Any())
            text = string.Join(',', entry.GetChildren().Select(child => child.Value));
        if (text is null)
            return;
        if (key.Apply(options, text) is { } mend)
            options.BindingErrors.Add(Wrong(key, text, mend));
    }

    private string? Secret(ActorDcpOptions options, string? given, string fileKey, string? file, string variable)
    {
        if (!string.IsNullOrEmpty(given))
            return given;
        if (string.IsNullOrEmpty(file))
            return environment(variable) is { Length: > 0 } value ? value : given;
        try
        {
            var line = File.ReadLines(file).FirstOrDefault();
            if (!string.IsNullOrEmpty(line))
                return line;
            options.BindingErrors.Add($"{ActorDcpOptions.SectionName}:{fileKey} = \"{file}\" is empty: put the secret on its first line");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            options.BindingErrors.Add($"{ActorDcpOptions.SectionName}:{fileKey} = \"{file}\" cannot be read ({e.Message}): name a file that this process may read");
        }
        return given;
    }

    private static OptionKey? Find(string leaf)
    {
        foreach (var key in OptionKeys.All)
        {
            if (string.Equals(key.Name, leaf, StringComparison.OrdinalIgnoreCase))
                return key;
            if (key.IsList && IsListItem(key.Name, leaf))
                return key;
        }
        return null;
    }

    private static bool IsListItem(string name, string leaf) =>
        leaf.Length > name.Length + 1 && leaf[name.Length] == ':' && leaf.StartsWith(name, StringComparison.OrdinalIgnoreCase)
        && leaf.AsSpan(name.Length + 1).IndexOfAnyExceptInRange('0', '9') < 0;

    private static string UnknownKey(string leaf)
    {
        var nearest = OptionKeys.All.MinBy(key => EditDistance.Between(key.Name, leaf))!.Name;
        return EditDistance.Between(nearest, leaf) <= Math.Max(3, leaf.Length / 2)
            ? $"{ActorDcpOptions.SectionName}:{leaf} is not a known key: did you mean {ActorDcpOptions.SectionName}:{nearest}?"
            : $"{ActorDcpOptions.SectionName}:{leaf} is not a known key: remove it, or see the table of keys in the README";
    }

    private static IEnumerable<string> Leaves(IConfiguration node, string path)
    {
        foreach (var child in node.GetChildren())
        {
            var name = path.Length == 0 ? child.Key : $"{path}:{child.Key}";
            if (child.Value is not null)
                yield return name;
            foreach (var leaf in Leaves(child, name))
                yield return leaf;
        }
    }
}
